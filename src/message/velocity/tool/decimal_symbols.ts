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

const latinDigits = [..."0123456789"];

/** The signs of a locale. Those that few patterns ask for are looked up when they are. */
export function symbolsOf(locale: string): DecimalSymbols {
  const format = new Intl.NumberFormat(locale, { useGrouping: true });
  const parts = format.formatToParts(-1234567.5);
  const { numberingSystem } = format.resolvedOptions();
  return {
    point: partOf(parts, "decimal", "."),
    group: partOf(parts, "group", ","),
    minus: parts.slice(0, parts.findIndex(({ type }) => type === "integer"))
      .map(({ value }) => value).join(""),
    digits: numberingSystem === "latn" ? latinDigits : localDigits(locale),
    perMille: /^arab/.test(numberingSystem) ? "\u0609" : "\u2030",
    get percent() {
      const percent = new Intl.NumberFormat(locale, { style: "percent" });
      return partOf(percent.formatToParts(1), "percentSign", "%");
    },
    get exponent() {
      const scientific = new Intl.NumberFormat(locale, { notation: "scientific" });
      return partOf(scientific.formatToParts(12345), "exponentSeparator", "E");
    },
    get infinity() {
      return format.format(Infinity);
    },
    get notANumber() {
      return format.format(NaN);
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
  return [...new Intl.NumberFormat(locale, { useGrouping: false }).format(9876543210)].reverse();
}
