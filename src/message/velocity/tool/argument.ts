import { JavaDecimal } from "../decimal.ts";
import { MethodFailure } from "../method_table.ts";
import { isNumber, JavaDouble, numberClass } from "../number.ts";
import type { JavaNumber } from "../number.ts";

/**
 * A tool's numeric argument: a number, or text that holds one, since rows carry numbers as text.
 * Undefined for null; anything else fails.
 */
export function numberArgument(value: unknown): JavaNumber | undefined {
  if (value === null || value === undefined) return undefined;
  if (isNumber(value)) return value;
  const text = typeof value === "string" ? value.trim() : "";
  const decimal = JavaDecimal.parse(text);
  if (decimal === undefined) throw new MethodFailure("was given something that is not a number");
  if (/^[+-]?\d+$/.test(text)) {
    return Number.isSafeInteger(Number(text)) ? Number(text) : decimal.unscaled;
  }
  return JavaDouble.of(Number(text));
}

/** Whether a number prints without a point. */
export function isWhole(value: JavaNumber): boolean {
  return /Integer|Long|BigInteger/.test(numberClass(value));
}
