import { compareNumbers } from "./arithmetic.ts";
import { hashCode, javaEquals } from "./equality.ts";
import { joinTables, MethodFailure, methodTable } from "./method_table.ts";
import type { MethodTable } from "./method_table.ts";
import {
  integerOf,
  isInteger,
  JavaDouble,
  longMax,
  longMin,
  numberClass,
  printNumber,
  toDouble,
  toInteger,
} from "./number.ts";
import type { JavaNumber } from "./number.ts";

const anyNumber = methodTable<JavaNumber>({
  "intValue()": (n) => narrow(n, 32),
  "longValue()": (n) => narrow(n, 64),
  "shortValue()": (n) => narrow(narrow(n, 32), 16),
  "byteValue()": (n) => narrow(narrow(n, 32), 8),
  "doubleValue()": (n) => JavaDouble.of(toDouble(n)),
  "floatValue()": (n) => JavaDouble.of(Math.fround(toDouble(n))),
  "compareTo(number)": (n, [other]) => {
    if (numberClass(n) !== numberClass(other)) {
      throw new MethodFailure("compares numbers of one type only: both whole or both with a point");
    }
    return compareNumbers(n, other);
  },
  "compareTo(any)": () => {
    throw new MethodFailure("compares with a number of its own type only");
  },
  "equals(any)": (n, [other], state) => javaEquals(state, n, other),
  "hashCode()": (n, _, state) => hashCode(state, n),
  "toString()": (n) => printNumber(n),
});

/** What Integer and Long add: their static methods, which templates call on any number. */
const wholeNumber = methodTable<JavaNumber>({
  "parseInt(text)": (_, [text]) => parseWhole(text),
  "parseLong(text)": (_, [text]) => parseWhole(text),
  "valueOf(text)": (_, [text]) => parseWhole(text),
  "valueOf(int)": (_, [n]) => n,
  "toString(int)": (_, [n]) => printNumber(n),
  "toHexString(int)": (_, [n]) => (n >>> 0).toString(16),
  "toBinaryString(int)": (_, [n]) => (n >>> 0).toString(2),
  "toOctalString(int)": (_, [n]) => (n >>> 0).toString(8),
  "max(int,int)": (_, [a, b]) => Math.max(a, b),
  "min(int,int)": (_, [a, b]) => Math.min(a, b),
  "sum(int,int)": (_, [a, b]) => (a + b) | 0,
  "compare(int,int)": (_, [a, b]) => Math.sign(a - b),
  "signum(int)": (_, [n]) => Math.sign(n),
  "bitCount(int)": (_, [n]) => (n >>> 0).toString(2).replaceAll("0", "").length,
});

const floatingNumber = methodTable<JavaNumber>({
  "isNaN()": (n) => Number.isNaN(toDouble(n)),
  "isInfinite()": (n) => Math.abs(toDouble(n)) === Infinity,
  "parseDouble(text)": (_, [text]) => parseDouble(text),
  "valueOf(text)": (_, [text]) => parseDouble(text),
  "valueOf(number)": (_, [n]) => JavaDouble.of(toDouble(n)),
  "toString(number)": (_, [n]) => printNumber(JavaDouble.of(toDouble(n))),
  "max(number,number)": (_, [a, b]) => JavaDouble.of(Math.max(toDouble(a), toDouble(b))),
  "min(number,number)": (_, [a, b]) => JavaDouble.of(Math.min(toDouble(a), toDouble(b))),
  "sum(number,number)": (_, [a, b]) => JavaDouble.of(toDouble(a) + toDouble(b)),
  "compare(number,number)": (_, [a, b]) => compareNumbers(a, b),
});

/** java.lang.Integer, Long and BigInteger. */
export const integerMethods: MethodTable = joinTables(anyNumber, wholeNumber);

/** java.lang.Double and BigDecimal. */
export const doubleMethods: MethodTable = joinTables(anyNumber, floatingNumber);

/** java.lang.Boolean. */
export const booleanMethods = methodTable<boolean>({
  "booleanValue()": (b) => b,
  "toString()": (b) => String(b),
  "toString(boolean)": (_, [value]) => String(value),
  "equals(any)": (b, [other]) => b === other,
  "compareTo(boolean)": (b, [other]) => Number(b) - Number(other),
  "compareTo(any)": () => {
    throw new MethodFailure("compares with true or false only");
  },
  "compare(boolean,boolean)": (_, [a, b]) => Number(a) - Number(b),
  "hashCode()": (b) => b ? 1231 : 1237,
  "parseBoolean(text)": (_, [text]) => String(text).toLowerCase() === "true",
  "valueOf(text)": (_, [text]) => String(text).toLowerCase() === "true",
  "valueOf(boolean)": (_, [value]) => value,
  "logicalAnd(boolean,boolean)": (_, [a, b]) => a && b,
  "logicalOr(boolean,boolean)": (_, [a, b]) => a || b,
  "logicalXor(boolean,boolean)": (_, [a, b]) => a !== b,
});

/** Doubles saturate at an int or a long; whole numbers keep their low bits, as in Java. */
function narrow(value: JavaNumber, bits: number): number | bigint {
  const whole = toInteger(value);
  if (!isInteger(value) && bits === 32) {
    return Math.max(-0x80000000, Math.min(0x7fffffff, Number(whole)));
  }
  if (!isInteger(value) && bits === 64) {
    return whole > longMax ? longMax : whole < longMin ? longMin : whole;
  }
  return integerOf(BigInt.asIntN(bits, BigInt(whole)));
}

function parseWhole(text: unknown): number | bigint {
  if (typeof text !== "string" || !/^[+-]?\d{1,19}$/.test(text)) {
    throw new MethodFailure("was given text that is not a whole number");
  }
  return integerOf(BigInt(text.replace("+", "")));
}

function parseDouble(text: unknown): number | JavaDouble {
  const trimmed = typeof text === "string" ? text.trim() : "";
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dfDF]?$/.test(trimmed)) {
    throw new MethodFailure("was given text that is not a number");
  }
  return JavaDouble.of(Number(trimmed.replace(/[dfDF]$/, "")));
}
