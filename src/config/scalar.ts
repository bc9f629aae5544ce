import type { ScalarValue } from "./tree.ts";

const integer = /^[-+]?[0-9]+$/;
const octal = /^0o[0-7]+$/;
const hexadecimal = /^0x[0-9a-fA-F]+$/;
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const infinity = /^([-+]?)\.(inf|Inf|INF)$/;
const notANumber = /^\.(nan|NaN|NAN)$/;

/**
 * The value of a plain (unquoted) scalar by the core schema of YAML 1.2.2, section 10.3.2:
 * `yes`, `on` and dates stay text. A number that JavaScript cannot hold exactly stays text too, so
 * that a long id is not rounded.
 */
export function typeScalar(written: string): ScalarValue {
  const text = written.trim();
  if (/^(|~|null|Null|NULL)$/.test(text)) return null;
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  if (integer.test(text) || octal.test(text) || hexadecimal.test(text)) {
    const number = Number(text.replace(/^\+/, ""));
    return Number.isSafeInteger(number) ? number : written;
  }
  if (float.test(text)) return Number(text);
  const infinite = infinity.exec(text);
  if (infinite !== null) return infinite[1] === "-" ? -Infinity : Infinity;
  return notANumber.test(text) ? NaN : written;
}
