import { JavaDecimal } from "./decimal.ts";
import { MethodFailure } from "./method_table.ts";
import { isInteger, JavaDouble } from "./number.ts";
import { print } from "./print.ts";
import type { RenderState } from "./state.ts";

/** One `%…` of a pattern. */
interface Placeholder {
  readonly source: string;
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly kind: string;
}

const placeholders = /%(?:(\d{1,4})\$)?([-#+ 0,(]*)(\d{0,4})(?:\.(\d{1,3}))?([a-zA-Z%])|%/g;

/**
 * java.lang.String.format with `%s %d %x %o %f %e %c %b %n %%`, their flags, width, precision and
 * `1$`, in English. Throws MethodFailure for other conversions and for arguments that do not fit.
 */
export function formatText(
  state: RenderState,
  pattern: string,
  values: readonly unknown[],
): string {
  let next = 0;
  let chars = pattern.length;
  return pattern.replace(placeholders, (source, index, flags, width, precision, kind) => {
    if (kind === "n") return "\n";
    const place = { source, flags, width: Number(width), precision: numberIn(precision), kind };
    if (kind === undefined || (/[-0]/.test(flags) && width === "")) refuse(place);
    const at = kind === "%" ? -1 : index === undefined ? next++ : Number(index) - 1;
    if (at >= values.length) throw new MethodFailure(`has no argument for ${source}`);
    const shown = kind === "%" ? "%" : show(state, place, values[at]);
    chars += Math.max(shown.length, place.width);
    state.claimChars(chars);
    return padded(place, /[A-Z]/.test(kind) ? shown.toUpperCase() : shown);
  });
}

function numberIn(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

function refuse({ source }: Placeholder): never {
  throw new MethodFailure(`does not take this argument for ${source}`);
}

function padded({ flags, width }: Placeholder, text: string): string {
  return flags.includes("-") ? text.padEnd(width) : text.padStart(width);
}

function show(state: RenderState, place: Placeholder, value: unknown): string {
  const kind = place.kind.toLowerCase();
  if (kind === "b") return cut(place, String(value ?? false) === "false" ? "false" : "true");
  if (value === null || value === undefined) return /[sdxofec]/.test(kind) ? "null" : refuse(place);
  switch (kind) {
    case "s":
      return cut(place, print(state, value));
    case "c":
      return characterOf(place, value);
    case "d":
    case "x":
    case "o":
      return isInteger(value) ? wholeOf(place, kind, BigInt(value)) : refuse(place);
    case "f":
    case "e":
      return fractionOf(place, kind, value);
  }
  return refuse(place);
}

function cut({ precision }: Placeholder, text: string): string {
  return precision === undefined ? text : text.slice(0, precision);
}

/** A character is text of length one here, or a number of Unicode. */
function characterOf(place: Placeholder, value: unknown): string {
  if (typeof value === "string" && value.length === 1) return value;
  if (typeof value !== "number" || !(value >= 0 && value <= 0x10ffff)) return refuse(place);
  return String.fromCodePoint(value);
}

function wholeOf(place: Placeholder, kind: string, value: bigint): string {
  if (place.precision !== undefined) return refuse(place);
  if (kind === "d") return signed(place, value < 0n, String(value < 0n ? -value : value));
  const bits = BigInt.asIntN(32, value) === value ? 32 : 64;
  const digits = BigInt.asUintN(bits, value).toString(kind === "x" ? 16 : 8);
  const prefix = place.flags.includes("#") ? kind === "x" ? "0x" : "0" : "";
  const zeros = place.flags.includes("0") ? place.width - prefix.length : 0;
  return prefix + digits.padStart(zeros, "0");
}

function fractionOf(place: Placeholder, kind: string, value: unknown): string {
  const precision = place.precision ?? 6;
  if (value instanceof JavaDecimal) {
    const { unscaled, scale } = value;
    const size = unscaled < 0n ? -unscaled : unscaled;
    return signed(place, unscaled < 0n, rounded(`${size}e${-scale}`, precision));
  }
  const double = value instanceof JavaDouble ? value.value : value;
  if (typeof double !== "number" || isInteger(value)) return refuse(place);
  if (Number.isNaN(double)) return "NaN";
  const isNegative = double < 0 || Object.is(double, -0);
  if (!Number.isFinite(double)) return isNegative ? "-Infinity" : "Infinity";
  const text = kind === "f"
    ? rounded(String(Math.abs(double)), precision)
    : Math.abs(double).toExponential(precision).replace(
      /\d+$/,
      (digits) => digits.padStart(2, "0"),
    );
  return signed(place, isNegative, text);
}

/** Rounds decimal digits as they are written, half up: Java rounds 1.005 to 1.01. */
function rounded(text: string, precision: number): string {
  const [mantissa = "", exponent = "0"] = text.split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const surplus = fraction.length - Number(exponent) - precision;
  const power = 10n ** BigInt(Math.abs(surplus));
  const digits = BigInt(whole + fraction);
  const unscaled = surplus > 0 ? (digits * 2n + power) / (power * 2n) : digits * power;
  const shown = String(unscaled).padStart(precision + 1, "0");
  return precision === 0 ? shown : `${shown.slice(0, -precision)}.${shown.slice(-precision)}`;
}

/** Digits with what the flags put around and between them. */
function signed({ flags, width }: Placeholder, isNegative: boolean, digits: string): string {
  const grouped = flags.includes(",") ? digits.replace(/^\d+/, withCommas) : digits;
  const before = isNegative
    ? flags.includes("(") ? "(" : "-"
    : flags.includes("+")
    ? "+"
    : flags.includes(" ")
    ? " "
    : "";
  const after = before === "(" ? ")" : "";
  const zeros = flags.includes("0") ? width - before.length - after.length : 0;
  return before + grouped.padStart(zeros, "0") + after;
}

function withCommas(whole: string): string {
  return whole.replace(/\B(?=(?:\d{3})+$)/g, ",");
}
