import assert from "node:assert/strict";
import { test } from "node:test";
import { drawChart, drawMeter } from "./status_page_chart.ts";
import { Markup, markup } from "./status_page_markup.ts";
import { formatAge, formatMs, formatShort, showMoment } from "./status_page_words.ts";

test("everything that is put into markup is escaped, and markup is not escaped twice", () => {
  const hostile = `<a href="x">&'`;
  const inner = markup`<b title="${hostile}">${hostile}</b>`;
  const escaped = "&lt;a href=&quot;x&quot;&gt;&amp;&#39;";
  assert.equal(inner.text, `<b title="${escaped}">${escaped}</b>`);
  assert.equal(markup`<i>${inner}${[inner, 1]}${undefined}</i>`.text.split("<b ").length, 3);
  assert.ok(inner instanceof Markup);
});

test("control characters of a database become replacement characters", () => {
  assert.equal(markup`${"a\u0000b\u001b[31mc\u009b\n"}`.text, "a\ufffdb\ufffd[31mc\ufffd\n");
});

const ages = [
  [0, "0 s"],
  [59.4, "59 s"],
  [60, "1 min"],
  [3_599, "59 min"],
  [3_600, "1 h"],
  [7_500, "2 h 5 min"],
  [65_000, "18 h"],
  [90_000, "1 d 1 h"],
  [-5, "0 s"],
] as const;
for (const [seconds, wanted] of ages) {
  test(`${seconds} s are told as ${wanted}`, () => assert.equal(formatAge(seconds), wanted));
}

test("counts and times are short enough for a column", () => {
  assert.deepEqual([9_999, 12_345, 999_999, 4_560_000].map(formatShort), [
    "9,999",
    "12.3k",
    "1,000k",
    "4.56M",
  ]);
  assert.deepEqual([0.42, 35.4, 2_100].map(formatMs), ["0.4 ms", "35 ms", "2.1 s"]);
});

test("a moment is told by how far away it is, to both sides", () => {
  const now = "2026-01-01T12:00:00.000Z";
  assert.match(showMoment("2026-01-01T11:58:00.000Z", now).text, />2 min ago</);
  assert.match(showMoment("2026-01-01T12:00:30.000Z", now).text, />in 30 s</);
});

test("a chart has one bar an hour, the highest as high as the chart, none without a mark", () => {
  const hours = Array.from({ length: 24 }, (_, hour) => hour === 5 ? 200 : hour === 6 ? 100 : 0);
  const { text } = drawChart(hours);
  assert.equal(text.split("<rect").length - 1, 24);
  assert.match(text, /<rect class="some" x="25" y="0" width="4" height="24"\/>/);
  assert.match(text, /<rect class="some" x="30" y="12" width="4" height="12"\/>/);
  assert.match(text, /300 rows in the last 24 hours, at most 200 in one/);
  assert.equal(text.split('class="none"').length - 1, 22);
});

test("a meter tells an age that nears its limit from one that is over it", () => {
  assert.match(drawMeter(10, 100).text, /meter fine.*width="10"/s);
  assert.match(drawMeter(80, 100).text, /meter near/);
  assert.match(drawMeter(101, 100).text, /meter over.*class="level" width="100"/s);
});
