import assert from "node:assert/strict";
import { test } from "node:test";
import { compileTemplate } from "./compile.ts";
import { VelocityError } from "./error.ts";

const context = { s: "x", nul: null };

function format(args: string): string {
  return compileTemplate(`$s.format(${args})`, { name: "format.vm", dialect: "1.7" })
    .render(context);
}

const written: readonly (readonly [string, string])[] = [
  ["'%d-%s-%05d-%x-%,d', 5, 'x', 42, 255, 1234567", "5-x-00042-ff-1,234,567"],
  ["'%.2f %.2f %.0f %f', 1.005, 2.675, 0.5, 100.1", "1.01 2.68 1 100.100000"],
  [
    "'%+d|% d|%(d|%08.2f|%,.2f|%-5d|', 5, 5, -5, 3.14159, 1234567.891, 42",
    "+5| 5|(5)|00003.14|1,234,567.89|42   |",
  ],
  ["'%X %o %#x %x', -1, 8, 255, 3000000000", "FFFFFFFF 10 0xff b2d05e00"],
  ["'%2$s %1$s %s %s', 'a', 'b'", "b a a b"],
  ["'%.2s|%5.1s|%S|%b|%%|%n', 'abc', 'xyz', 'ab', 'q'", "ab|    x|AB|true|%|\n"],
  ["'%e %.1e', 12345.678, 0.00012345", "1.234568e+04 1.2e-04"],
  ["'%s %d %b', $nul, $nul, $nul", "null null false"],
];

for (const [args, text] of written) {
  test(`format(${args}) writes as Java's Formatter does`, () => assert.equal(format(args), text));
}

test("a conversion that is not known, has no argument or does not fit it fails", () => {
  for (
    const args of [
      ...["'50%'", "'%q', 1", "'%s'", "'%d', 1.5", "'%f', 1", "'%d', 'x'", "'%-d', 1"],
      ...["'%.3d', 5", "'%3$s', 1"],
    ]
  ) {
    assert.throws(
      () => format(args),
      (error) => error instanceof VelocityError && error.code === "VTL201",
      args,
    );
  }
});
