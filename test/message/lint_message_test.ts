import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageConfig } from "../../src/config/model_message.ts";
import { compileMessage } from "../../src/message/compile_messages.ts";
import { lintMessage } from "../../src/message/lint_message.ts";
import { byName, messageOf } from "../support/render_server.ts";
import { emptyConfig, sourceOf } from "../support/world.ts";

const config = { ...emptyConfig, sources: byName(sourceOf("promo_codes", 1043)) };
const columns = new Map([["promo_codes", ["id", "email", "promo_code"]]]);

function lint(templates: Parameters<typeof messageOf>[2], more: Partial<MessageConfig> = {}) {
  const message = compileMessage(config, messageOf("m", 1, templates, more));
  return lintMessage(config, message, columns).map((
    { code, severity, file, line, column, suggestion },
  ) => ({ code, severity, place: `${file}:${line}:${column}`, suggestion }));
}

test("a message without mistakes has no findings", () => {
  assert.deepEqual(
    lint({
      subject: "$!data.get('promo_codes').get(0).get('promo_code').toUpperCase()",
      html: "#foreach($pc in $data.get('1043'))$pc.email $pc['id']#end",
    }, { sources: [{ source: "promo_codes", isRequired: true }] }),
    [],
  );
});

test("a misspelt source, by name or id, is found with the one that was meant", () => {
  assert.deepEqual(lint({ text: "x\n $!data.get('promo_code').size() $data.get('1034')" }), [
    {
      code: "PG820",
      severity: "warning",
      place: "m.text.vm:2:9",
      suggestion: "Did you mean `promo_codes`?",
    },
    {
      code: "PG820",
      severity: "warning",
      place: "m.text.vm:2:40",
      suggestion: "Did you mean `1043`?",
    },
  ]);
});

test("a misspelt column is found through loops, variables and indexes", () => {
  const found = lint({
    html: "#foreach($pc in $data.get('promo_codes'))$pc.get('promocode')#end\n" +
      "#set($all = $data.get('1043'))$all.get(0).emial",
  });
  assert.deepEqual(found.map(({ code, suggestion }) => [code, suggestion]), [
    ["PG821", "Did you mean `promo_code`?"],
    ["PG821", "Did you mean `email`?"],
  ]);
  assert.deepEqual(found.map(({ place }) => place.split(":")[1]), ["1", "2"]);
});

test("the source's own list of columns goes before the table's", () => {
  const narrow = { ...sourceOf("promo_codes", 1043), columns: ["email"] };
  const other = { ...config, sources: byName(narrow) };
  const message = compileMessage(other, messageOf("m", 1, { text: "$data.get('1043').get(0).id" }));
  assert.deepEqual(lintMessage(other, message, columns).map(({ code }) => code), ["PG821"]);
});

test("columns of a table that could not be looked at are not judged", () => {
  const message = compileMessage(
    config,
    messageOf("m", 1, { text: "$data.get('1043').get(0).nope" }),
  );
  assert.deepEqual(lintMessage(config, message, new Map()), []);
});

test("a method that no value has is found", () => {
  assert.deepEqual(
    lint({ text: "$!contact.email.toUpper()" }).map(({ code, place }) => [code, place]),
    [
      ["PG822", "m.text.vm:1:17"],
    ],
  );
});

test("a source that is fetched and never read is found, a required one is not", () => {
  const sources = [{ source: "promo_codes", isRequired: false }];
  assert.deepEqual(lint({ text: "x" }, { sources }).map(({ code }) => code), ["PG823"]);
  const required = [{ source: "promo_codes", isRequired: true }];
  assert.deepEqual(lint({ text: "x" }, { sources: required }), []);
});

test("what was pasted from a web page is found", () => {
  assert.deepEqual(
    lint({ text: "# foreach($x in [1..2])" }).map(({ code, place }) => [code, place]),
    [["PG824", "m.text.vm:1:1"]],
  );
});

test("places are those of the written text, whatever merge tags became", () => {
  const text = "Hi %FIRSTNAME|friend%, $data.get('promo_kodes') and %EMAIL% #if($x";
  const found = lint({ text }, { mergeTags: true });
  assert.deepEqual(found.map(({ code, place }) => [code, place]), [
    ["PG801", `m.text.vm:1:${text.length + 1}`],
  ]);
  const fine = lint({ text: text.replace("#if($x", "") }, { mergeTags: true });
  assert.deepEqual(fine.map(({ code, place }) => [code, place]), [
    ["PG820", `m.text.vm:1:${text.indexOf("get(") + 1}`],
  ]);
});

test("a template that does not compile is an error at its place", () => {
  assert.deepEqual(
    lint({ subject: "fine", html: "a\n\n  #if($x" }).map((
      { code, severity, place },
    ) => [code, severity, place.split(":").slice(0, 2).join(":")]),
    [["PG801", "error", "m.html.vm:3"]],
  );
});
