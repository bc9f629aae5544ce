import { compareNumbers } from "./arithmetic.ts";
import { failOnNull, MethodFailure, methodTable } from "./method_table.ts";
import { zonedFields } from "./tool/zone.ts";

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** java.util.Date.toString: `Tue Jan 02 03:04:05 UTC 2024`. */
export function formatInstant(date: Date, timezone: string): string {
  const { year, month, day, hour, minute, second, weekday, zoneName } = zonedFields(date, timezone);
  const time = [hour, minute, second].map((part) => String(part).padStart(2, "0")).join(":");
  return `${days[weekday]} ${months[month - 1]} ${
    String(day).padStart(2, "0")
  } ${time} ${zoneName} ${year}`;
}

/** java.util.Date, for contexts that hold dates. Fields are those of the render's time zone. */
export const dateMethods = methodTable<Date>({
  "getTime()": (d) => d.getTime(),
  "getYear()": (d, _, state) => zonedFields(d, state.environment.timezone).year - 1900,
  "getMonth()": (d, _, state) => zonedFields(d, state.environment.timezone).month - 1,
  "getDate()": (d, _, state) => zonedFields(d, state.environment.timezone).day,
  "getDay()": (d, _, state) => zonedFields(d, state.environment.timezone).weekday,
  "getHours()": (d, _, state) => zonedFields(d, state.environment.timezone).hour,
  "getMinutes()": (d, _, state) => zonedFields(d, state.environment.timezone).minute,
  "getSeconds()": (d, _, state) => zonedFields(d, state.environment.timezone).second,
  "getTimezoneOffset()": (d, _, state) => -zonedFields(d, state.environment.timezone).offsetMinutes,
  "before(date)": (d, [other]) => d.getTime() < other.getTime(),
  "before(null)": failOnNull,
  "after(date)": (d, [other]) => d.getTime() > other.getTime(),
  "after(null)": failOnNull,
  "compareTo(date)": (d, [other]) => compareNumbers(d.getTime(), other.getTime()),
  "compareTo(any)": () => {
    throw new MethodFailure("compares with a date only");
  },
  "equals(any)": (d, [other]) => other instanceof Date && d.getTime() === other.getTime(),
  "hashCode()": (d) =>
    Number(BigInt.asIntN(32, BigInt(d.getTime()) ^ (BigInt(d.getTime()) >> 32n))),
  "toInstant()": (d) => d.toISOString().replace(/\.000Z$/, "Z"),
  "toString()": (d, _, state) => formatInstant(d, state.environment.timezone),
});
