import type { BinaryOperator } from "./ast.ts";
import { JavaDecimal } from "./decimal.ts";
import {
  integerOf,
  isInteger,
  JavaDouble,
  longMax,
  longMin,
  printDouble,
  toDouble,
} from "./number.ts";
import type { JavaNumber } from "./number.ts";

export type ArithmeticOperator = Extract<BinaryOperator, "+" | "-" | "*" | "/" | "%">;

/** A number beyond this many bits is not calculated with: multiplying such takes visible time. */
const maxBits = 4096;

/**
 * Calculates as Velocity does: whole numbers stay whole and never overflow, a double makes a
 * double. Null where Velocity has no answer: division by zero, the rest of a decimal.
 */
export function calculate(
  operator: ArithmeticOperator,
  left: JavaNumber,
  right: JavaNumber,
): JavaNumber | null {
  if (typeof left === "number" && typeof right === "number") {
    const quick = calculateSmall(operator, left, right);
    if (quick !== undefined) return quick;
  }
  if (isZero(right) && (operator === "/" || operator === "%")) return null;
  if (isInteger(left) && isInteger(right)) {
    return calculateWhole(operator, BigInt(left), BigInt(right));
  }
  if (needsDecimal(left, right)) {
    return calculateDecimal(operator, toDecimal(left), toDecimal(right));
  }
  return JavaDouble.of(calculateDouble(operator, toDouble(left), toDouble(right)));
}

function calculateSmall(
  operator: ArithmeticOperator,
  left: number,
  right: number,
): number | undefined {
  if (!Number.isSafeInteger(left) || !Number.isSafeInteger(right)) return undefined;
  let result: number;
  if (operator === "+") result = left + right;
  else if (operator === "-") result = left - right;
  else if (operator === "*") result = left * right;
  else return undefined;
  return Number.isSafeInteger(result) ? result + 0 : undefined;
}

function calculateWhole(
  operator: ArithmeticOperator,
  left: bigint,
  right: bigint,
): JavaNumber | null {
  if (bits(left) + bits(right) > maxBits) return null;
  switch (operator) {
    case "+":
      return integerOf(left + right);
    case "-":
      return integerOf(left - right);
    case "*":
      return integerOf(left * right);
    case "/":
      return integerOf(left / right);
    case "%":
      return integerOf(left % right);
  }
}

function bits(value: bigint): number {
  return value < longMax && value > longMin ? 64 : value.toString(16).length * 4;
}

function calculateDouble(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      return left % right;
  }
}

function calculateDecimal(
  operator: ArithmeticOperator,
  left: JavaDecimal,
  right: JavaDecimal,
): JavaNumber | null {
  if (bits(left.unscaled) + bits(right.unscaled) > maxBits) return null;
  switch (operator) {
    case "+":
      return left.add(right);
    case "-":
      return left.add(right.negate());
    case "*":
      return left.multiply(right);
    case "/":
      return left.divide(right);
    case "%":
      return null;
  }
}

function isZero(value: JavaNumber): boolean {
  return value instanceof JavaDecimal ? value.unscaled === 0n : toDouble(value) === 0;
}

/** Decimals stay decimals, and a BigInteger with a double makes one. */
function needsDecimal(left: JavaNumber, right: JavaNumber): boolean {
  if (left instanceof JavaDecimal || right instanceof JavaDecimal) return true;
  return isBig(left) || isBig(right);
}

function isBig(value: JavaNumber): boolean {
  return typeof value === "bigint" && (value > longMax || value < longMin);
}

/** As `BigDecimal.valueOf(double)`: a whole number that fits a long gets one digit, `2.0`. */
function toDecimal(value: JavaNumber): JavaDecimal {
  if (value instanceof JavaDecimal) return value;
  if (isBig(value)) return new JavaDecimal(value as bigint, 0);
  return JavaDecimal.parse(printDouble(toDouble(value))) ?? new JavaDecimal(0n, 0);
}

/** -1, 0 or 1; NaN equals everything, as in Velocity. */
export function compareNumbers(left: JavaNumber, right: JavaNumber): number {
  if (isInteger(left) && isInteger(right)) return left < right ? -1 : left > right ? 1 : 0;
  if (needsDecimal(left, right)) return toDecimal(left).compare(toDecimal(right));
  const first = toDouble(left);
  const second = toDouble(right);
  return first < second ? -1 : first > second ? 1 : 0;
}
