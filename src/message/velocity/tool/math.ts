import { calculate } from "../arithmetic.ts";
import type { ArithmeticOperator } from "../arithmetic.ts";
import { methodTable } from "../method_table.ts";
import { JavaDouble, toDouble, toInteger } from "../number.ts";
import { Tool } from "../tool.ts";
import { isWhole, numberArgument } from "./argument.ts";

/** Whole numbers stay whole; where one has a point the result has one. Null in, null out. */
function operation(operator: ArithmeticOperator) {
  return (_: Tool, [left, right]: readonly unknown[]): unknown => {
    const first = numberArgument(left);
    const second = numberArgument(right);
    return first === undefined || second === undefined ? null : calculate(operator, first, second);
  };
}

/** Divides exactly: 6 / 2 is 3, 7 / 2 is 3.5. Null where the divisor is 0. */
function divide(_: Tool, [left, right]: readonly unknown[]): unknown {
  const first = numberArgument(left);
  const second = numberArgument(right);
  if (first === undefined || second === undefined || toDouble(second) === 0) return null;
  const quotient = toDouble(first) / toDouble(second);
  const isExact = isWhole(first) && isWhole(second) && Number.isSafeInteger(quotient);
  return isExact ? quotient + 0 : JavaDouble.of(quotient);
}

/** `$mathTool`. Arguments are numbers or text that holds one. */
export const mathTool: Tool = new Tool(
  "mathTool",
  methodTable<Tool>({
    "add(any,any)": operation("+"),
    "sub(any,any)": operation("-"),
    "mul(any,any)": operation("*"),
    "div(any,any)": divide,
    "toInteger(any)": (_, [value]) => {
      const number = numberArgument(value);
      return number === undefined ? null : toInteger(number);
    },
  }),
);
