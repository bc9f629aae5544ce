/** The signs of a language that numbers are written with. */
export interface DecimalSymbols {
  readonly point: string;
  readonly group: string;
  readonly minus: string;
  readonly percent: string;
  readonly perMille: string;
  /** What stands between the digits and the exponent. */
  readonly exponent: string;
  readonly infinity: string;
  readonly notANumber: string;
  /** The ten digits, from zero. */
  readonly digits: readonly string[];
}

/**
 * The signs of a locale. Those that nearly all patterns need are read off one number that is written
 * by `toLocaleString`, for which runtimes keep their formatter; the others are looked up when asked for.
 */
export function symbolsOf(locale: string): DecimalSymbols {
  const written = (-1234567.5).toLocaleString(locale);
  const [minus = "-", ...separators] = written.match(/^\P{Nd}*|\P{Nd}+(?=\p{Nd})/gu) ?? [];
  const digits = localDigits(locale);
  return {
    point: separators.at(-1) ?? ".",
    group: separators.length > 1 ? separators[0]! : ",",
    minus,
    digits,
    perMille: /[\u0660\u06f0]/.test(digits[0]!) ? "\u0609" : "\u2030",
    get percent() {
      const percent = new Intl.NumberFormat(locale, { style: "percent" });
      return partOf(percent.formatToParts(1), "percentSign", "%");
    },
    get exponent() {
      const scientific = new Intl.NumberFormat(locale, { notation: "scientific" });
      return partOf(scientific.formatToParts(12345), "exponentSeparator", "E");
    },
    get infinity() {
      return Infinity.toLocaleString(locale);
    },
    get notANumber() {
      return NaN.toLocaleString(locale);
    },
  };
}

function partOf(
  parts: readonly Intl.NumberFormatPart[],
  type: Intl.NumberFormatPartTypes,
  fallback: string,
): string {
  return parts.find((part) => part.type === type)?.value ?? fallback;
}

/** The ten digits that a locale writes, from zero. */
export function localDigits(locale: string): readonly string[] {
  return (9876543210).toLocaleString(locale).match(/\p{Nd}/gu)!.reverse();
}
