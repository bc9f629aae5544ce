import type { Expression } from "./ast.ts";
import { integerOf, JavaDouble } from "./number.ts";
import type { Parser } from "./parser.ts";

const floating = /-?(?:\d+\.(?!\.)\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)/y;
const integral = /-?\d+/y;

/** Reads an integer or floating-point literal; `1..3` is the integer 1 and the rest of a range. */
export function parseNumber(p: Parser): Expression {
  const at = p.at();
  floating.lastIndex = integral.lastIndex = p.pos;
  const double = floating.exec(p.text)?.[0];
  if (double !== undefined) {
    p.pos += double.length;
    return { kind: "number", value: JavaDouble.of(Number(double)), source: double, at };
  }
  const source = integral.exec(p.text)?.[0];
  if (source === undefined) {
    const hint = p.session.dialect.unaryMinus
      ? undefined
      : "Dialect 1.7 has no unary minus: 0 - $x.";
    return p.fail(
      `found ${p.found()} where a value belongs`,
      at,
      p.code() === 45 ? hint : undefined,
    );
  }
  p.pos += source.length;
  return { kind: "number", value: integerOf(BigInt(source)), source, at };
}
