import { JavaDecimal } from "../decimal.ts";
import { isInteger, toDouble } from "../number.ts";
import type { JavaNumber } from "../number.ts";

/** A number as decimal digits: `0.digits × 10^point`, without zeros at either end; "" is zero. */
export interface DecimalDigits {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly point: number;
  /** Where a double's digits end in a tie: on which side of them its exact value lies, 1 is beyond. */
  readonly side: () => number;
}

/**
 * The digits that Java formats: all of a whole or decimal number, and of a double the fewest that
 * tell it from its neighbours. The number must be finite.
 */
export function digitsOf(value: JavaNumber, multiplier: number): DecimalDigits {
  if (isInteger(value)) return exactDigits(BigInt(value) * BigInt(multiplier), 0);
  if (value instanceof JavaDecimal) {
    return exactDigits(value.unscaled * BigInt(multiplier), value.scale);
  }
  const double = toDouble(value) * multiplier;
  const [mantissa, exponent] = Math.abs(double).toExponential().split("e");
  const digits = mantissa!.replace(".", "").replace(/0+$/, "");
  const point = digits === "" ? 0 : Number(exponent) + 1;
  const side = () => compareExactly(Math.abs(double), BigInt(digits), point - digits.length);
  return { isNegative: double < 0 || Object.is(double, -0), digits, point, side };
}

function exactDigits(unscaled: bigint, scale: number): DecimalDigits {
  const text = String(unscaled).replace("-", "");
  const digits = text.replace(/^0+|0+$/g, "");
  const point = digits === "" ? 0 : text.length - scale;
  return { isNegative: unscaled < 0n, digits, point, side: () => 0 };
}

/** Keeps the first `count` digits, rounding half to even by the exact value. */
export function roundDigits(number: DecimalDigits, count: number): DecimalDigits {
  const { digits, point } = number;
  if (count >= digits.length) return number;
  if (count < 0) return { ...number, digits: "", point: 0 };
  const kept = digits.slice(0, count);
  if (!roundsUp(number, count)) return trimmed(number, kept, point);
  const raised = String(BigInt(kept || "0") + 1n).padStart(count, "0");
  return trimmed(number, raised, point + raised.length - count);
}

function roundsUp({ digits, side }: DecimalDigits, count: number): boolean {
  if (digits[count] !== "5" || digits.length > count + 1) return digits[count]! >= "5";
  const beyond = side();
  return beyond === 0 ? count > 0 && Number(digits[count - 1]) % 2 === 1 : beyond > 0;
}

function trimmed(number: DecimalDigits, digits: string, point: number): DecimalDigits {
  const kept = digits.replace(/0+$/, "");
  return { ...number, digits: kept, point: kept === "" ? 0 : point };
}

/** -1, 0 or 1: how a double's exact value compares with `decimal × 10^exponent`. */
function compareExactly(double: number, decimal: bigint, exponent: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, double);
  const raw = bits.getBigUint64(0);
  const biased = Number(raw >> 52n);
  const fraction = raw & ((1n << 52n) - 1n);
  const power = Math.max(biased, 1) - 1075;
  let left = biased === 0 ? fraction : fraction | (1n << 52n);
  let right = decimal;
  if (power > 0) left <<= BigInt(power);
  else right <<= BigInt(-power);
  if (exponent > 0) right *= 10n ** BigInt(exponent);
  else left *= 10n ** BigInt(-exponent);
  return left < right ? -1 : left > right ? 1 : 0;
}
