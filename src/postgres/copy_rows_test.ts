import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import { binaryCopy, CopyRowCutter } from "./copy_rows.ts";

const value = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined });
const rowOf = (values: readonly (Uint8Array | undefined)[]) => {
  const count = Buffer.alloc(2);
  count.writeInt16BE(values.length);
  const parts = values.flatMap((each) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(each?.length ?? -1);
    return each === undefined ? [length] : [length, Buffer.from(each)];
  });
  return Buffer.concat([count, ...parts]);
};

test("however the data is chopped up, whole rows come out, in order and none twice", () => {
  const table = fc.array(fc.array(value, { maxLength: 5 }), { maxLength: 12 });
  const cuts = fc.array(fc.nat(3_000), { maxLength: 8 });
  fc.assert(fc.property(table, cuts, (values, places) => {
    const rows = values.map(rowOf);
    const data = Buffer.concat([binaryCopy.header, ...rows, binaryCopy.trailer]);
    const bounds = [0, ...places.filter((at) => at < data.length), data.length]
      .sort((a, b) => a - b);
    const cutter = new CopyRowCutter();
    const seen: Buffer[] = [];
    let count = 0;
    for (const [index, from] of bounds.entries()) {
      const found = cutter.cut(data.subarray(from, bounds[index + 1] ?? data.length));
      count += found.rows;
      seen.push(Buffer.from(found.data));
      const whole = Buffer.concat(rows.slice(0, count));
      assert.ok(Buffer.concat(seen).equals(whole), "what came out so far is whole rows");
    }
    assert.equal(count, rows.length);
  }));
});

test("what is no binary COPY is refused", () => {
  assert.throws(
    () => new CopyRowCutter().cut(Buffer.from("1\tplain text\n2\tmore of it\n")),
    /no binary COPY/,
  );
});
