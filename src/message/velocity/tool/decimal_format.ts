import { JavaDecimal } from "../decimal.ts";
import { isInteger, toDouble } from "../number.ts";
import type { JavaNumber } from "../number.ts";
import { digitsOf, roundDigits } from "./decimal_digits.ts";
import type { DecimalDigits } from "./decimal_digits.ts";
import { parseDecimalPattern } from "./decimal_pattern.ts";
import type { Affix, DecimalPattern } from "./decimal_pattern.ts";
import { symbolsOf } from "./decimal_symbols.ts";
import type { DecimalSymbols } from "./decimal_symbols.ts";

/**
 * Formats as java.text.DecimalFormat, with the locale's signs and digits: `#`, `0`, `,`, `.`, `%`,
 * `‰`, exponents, quoted text, `;`. Rounds half to even. Throws MethodFailure for a malformed pattern.
 */
export function formatDecimal(value: JavaNumber, pattern: string, locale: string): string {
  const parsed = parseDecimalPattern(pattern);
  const symbols = symbolsOf(locale);
  const double = toDouble(value);
  if (Number.isNaN(double)) return symbols.notANumber;
  const isExact = isInteger(value) || value instanceof JavaDecimal;
  const isFinite = isExact || Number.isFinite(double * parsed.multiplier);
  const number = isFinite ? digitsOf(value, parsed.multiplier) : undefined;
  const { prefix, suffix } = number?.isNegative ?? double < 0 ? parsed.negative : parsed.positive;
  const shown = number === undefined
    ? symbols.infinity
    : parsed.exponent > 0
    ? scientific(number, parsed, symbols)
    : plain(number, parsed, symbols);
  return affix(prefix, symbols) + shown + affix(suffix, symbols);
}

function affix(parts: Affix, symbols: DecimalSymbols): string {
  return parts.map((part) => "text" in part ? part.text : symbols[part.sign]).join("");
}

/** The digits of the locale for ASCII ones. */
function local(digits: string, symbols: DecimalSymbols): string {
  return digits.replace(/\d/g, (digit) => symbols.digits[Number(digit)]!);
}

function plain(number: DecimalDigits, pattern: DecimalPattern, symbols: DecimalSymbols): string {
  const { minInteger, minFraction, maxFraction, grouping, showsPoint } = pattern;
  const { digits, point } = roundDigits(number, number.point + maxFraction);
  const fraction = ("0".repeat(Math.max(0, -point)) + digits.slice(Math.max(0, point)))
    .padEnd(minFraction, "0");
  let whole = digits.slice(0, Math.max(0, point)).padEnd(point, "0").padStart(minInteger, "0");
  if (whole === "" && fraction === "") whole = "0";
  const separated = grouping > 0 ? group(local(whole, symbols), grouping, symbols) : whole;
  const end = fraction === "" && !showsPoint ? "" : symbols.point + local(fraction, symbols);
  return (grouping > 0 ? separated : local(whole, symbols)) + end;
}

function group(digits: string, size: number, { group }: DecimalSymbols): string {
  const parts: string[] = [];
  let end = digits.length;
  for (; end > size; end -= size) parts.unshift(digits.slice(end - size, end));
  parts.unshift(digits.slice(0, end));
  return parts.join(group);
}

/** With an exponent: a multiple of the digits before the point where `#` is among them. */
function scientific(
  number: DecimalDigits,
  pattern: DecimalPattern,
  symbols: DecimalSymbols,
): string {
  const { minInteger, maxInteger, minFraction, maxFraction, showsPoint } = pattern;
  const { digits, point } = roundDigits(number, maxInteger + maxFraction);
  const repeats = maxInteger > 1 && maxInteger > minInteger;
  const exponent = digits === ""
    ? 0
    : repeats
    ? Math.floor((point - 1) / maxInteger) * maxInteger
    : point - minInteger;
  const wholes = digits === "" ? (repeats ? 1 : minInteger) : point - exponent;
  const shown = digits.padEnd(Math.max(wholes, minInteger + minFraction), "0");
  const fraction = shown.slice(wholes);
  const end = fraction === "" && !showsPoint ? "" : symbols.point + local(fraction, symbols);
  const size = local(String(Math.abs(exponent)).padStart(pattern.exponent, "0"), symbols);
  const sign = exponent < 0 ? symbols.minus : "";
  return local(shown.slice(0, wholes), symbols) + end + symbols.exponent + sign + size;
}
