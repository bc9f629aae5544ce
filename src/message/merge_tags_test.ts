import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeTagValues, translateMergeTags } from "./merge_tags.ts";

test("merge tags become references, fallbacks and fields are found by their names", () => {
  const { template, tags } = translateMergeTags("Hi %FIRSTNAME|friend%, %PERSONAL.CITY%, %SMS%!");
  assert.equal(template, "Hi $!{mergeTag.t0}, $!{mergeTag.t1}, $!{mergeTag.t2}!");
  const contact = { firstName: null, city: "Lviv", sms: "+380441234567" };
  assert.deepEqual(mergeTagValues(tags, contact), {
    t0: "friend",
    t1: "Lviv",
    t2: "+380441234567",
  });
});

test("an additional field with a dotted name goes before one of the last part", () => {
  const { tags } = translateMergeTags("%PERSONAL.CITY%");
  const contact = { "Personal.City": "Kyiv", city: "Lviv" };
  assert.deepEqual(mergeTagValues(tags, contact), { t0: "Kyiv" });
});

const untouched = [
  "width: 50%; height: 20%",
  "https://example.com/?q=%D0%BF%D1%80&x=%ABC%20",
  "100%EMAILS% sent",
  "%firstname%",
  "%FIRSTNAME\n%",
  "50% off, 20% more",
];
for (const text of untouched) {
  test(`${JSON.stringify(text)} holds no merge tag`, () => {
    const { template, tags } = translateMergeTags(text);
    assert.deepEqual({ template, tags }, { template: text, tags: [] });
  });
}

test("columns behind tags lead back to the original", () => {
  const original = "a\n%EMAIL% #if( %FIRSTNAME|x% b";
  const { template, originalColumn } = translateMergeTags(original);
  const line = template.split("\n")[1] ?? "";
  const originalLine = original.split("\n")[1] ?? "";
  for (const mark of ["#if(", " b"]) {
    assert.equal(originalColumn(2, line.indexOf(mark) + 1), originalLine.indexOf(mark) + 1);
  }
  assert.equal(originalColumn(2, line.indexOf("t1") + 1), originalLine.indexOf("%FIRST") + 1);
  assert.equal(originalColumn(1, 1), 1);
});

test("names that JavaScript objects inherit are no fields", () => {
  const { tags } = translateMergeTags("%X.CONSTRUCTOR|none% %X.__PROTO__|none%");
  assert.deepEqual(Object.values(mergeTagValues(tags, {})), tags.map(() => "none"));
});

test("a line of percent signs is read in linear time", () => {
  const startedAt = performance.now();
  translateMergeTags(`%${"A|".repeat(300_000)}`);
  translateMergeTags("%A".repeat(300_000));
  assert.ok(performance.now() - startedAt < 1_000);
});
