import { MethodFailure, methodTable } from "../method_table.ts";
import { toInteger } from "../number.ts";
import { Tool } from "../tool.ts";
import { numberArgument } from "./argument.ts";
import { formatDecimal } from "./decimal_format.ts";

/** A number pattern is a handful of characters; a longer one is a mistake or an attack. */
const maxPatternChars = 200;

/** `$numberTool`. Arguments are numbers or text that holds one; null in, null out. */
export const numberTool: Tool = new Tool(
  "numberTool",
  methodTable<Tool>({
    "integer(any)": (_, [value]) => {
      const number = numberArgument(value);
      return number === undefined ? null : toInteger(number);
    },
    "format(text,any)": (_, [pattern, value], state) => {
      const number = numberArgument(value);
      if (number === undefined || typeof pattern !== "string") return null;
      if (pattern.length > maxPatternChars) {
        throw new MethodFailure(`was given a pattern longer than ${maxPatternChars} characters`);
      }
      return formatDecimal(number, pattern, state.environment.locale);
    },
  }),
);
