import { JavaDecimal } from "./decimal.ts";

/**
 * How Java's numbers are held. Whole numbers (Integer, Long, BigInteger) are JavaScript numbers
 * while they are safe and bigints beyond. Doubles are JavaScript numbers where they have a
 * fraction, and a JavaDouble where they are whole, since `1.0` and `1` print and divide differently.
 */
export class JavaDouble {
  readonly value: number;

  private constructor(value: number) {
    this.value = value;
  }

  /** A double: boxed only where it could be taken for a whole number. */
  static of(value: number): number | JavaDouble {
    return Number.isSafeInteger(value) ? new JavaDouble(value) : value;
  }
}

/** A value that Java would call a Number. */
export type JavaNumber = number | bigint | JavaDouble | JavaDecimal;

/** Whether a value is a number of any kind. */
export function isNumber(value: unknown): value is JavaNumber {
  return typeof value === "number" || typeof value === "bigint" || value instanceof JavaDouble ||
    value instanceof JavaDecimal;
}

/** Whether a value is a whole number of any size. */
export function isInteger(value: unknown): value is number | bigint {
  return typeof value === "number" ? Number.isSafeInteger(value) : typeof value === "bigint";
}

/** The whole number in its smallest form. */
export function integerOf(value: bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/** The nearest double. */
export function toDouble(value: JavaNumber): number {
  if (typeof value === "number") return value;
  return value instanceof JavaDouble ? value.value : Number(value);
}

/** The whole part, toward zero; NaN is 0 and infinities saturate at the bounds of a long. */
export function toInteger(value: JavaNumber): number | bigint {
  if (isInteger(value)) return value;
  if (value instanceof JavaDecimal) return integerOf(value.truncate());
  const double = toDouble(value);
  if (Number.isNaN(double)) return 0;
  if (!Number.isFinite(double)) return double > 0 ? longMax : longMin;
  return integerOf(BigInt(Math.trunc(double)));
}

export const longMax = 2n ** 63n - 1n;
export const longMin = -(2n ** 63n);

/** The name of the Java class that such a number has. */
export function numberClass(value: JavaNumber): string {
  if (value instanceof JavaDecimal) return "java.math.BigDecimal";
  if (!isInteger(value)) return "java.lang.Double";
  if (typeof value === "number" && value === (value | 0)) return "java.lang.Integer";
  const isLong = typeof value === "number" || (value >= longMin && value <= longMax);
  return isLong ? "java.lang.Long" : "java.math.BigInteger";
}

/** As Java's toString prints it: `7`, `1.0`, `1.0E10`, `1.0E-5`, `NaN`. */
export function printNumber(value: JavaNumber): string {
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? String(value) : printDouble(value);
  }
  return value instanceof JavaDouble ? printDouble(value.value) : value.toString();
}

/** Double.toString, with the fewest digits that tell the double from its neighbours. */
export function printDouble(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  }
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) {
    const text = String(value);
    return text.includes(".") ? text : `${text}.0`;
  }
  const [digits, exponent] = value.toExponential().split("e");
  const mantissa = digits!.includes(".") ? digits : `${digits}.0`;
  return `${mantissa}E${Number(exponent)}`;
}
