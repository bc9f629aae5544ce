import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../../src/config/model.ts";
import type { MessageConfig } from "../../src/config/model_message.ts";
import { PerigeeError } from "../../src/error.ts";
import { compileMessage } from "../../src/message/compile_messages.ts";
import type { TemplateScope } from "../../src/message/template_engine.ts";
import { byName, dinaRow, messageOf } from "../support/render_server.ts";
import { emptyConfig, sourceOf } from "../support/world.ts";

const scope: TemplateScope = {
  data: { promo_codes: [dinaRow] },
  contact: { firstName: "Dina", email: "kozak@example.com", nick: "<b>D</b>" },
  event: undefined,
  now: new Date("2026-03-01T10:00:00Z"),
  contactTimezone: undefined,
};

function render(
  text: string,
  more: Partial<MessageConfig> = {},
  parts: Partial<Config> = {},
  seen = scope,
): string {
  const config = { ...emptyConfig, sources: byName(sourceOf("promo_codes", 1043)), ...parts };
  const message = compileMessage(config, messageOf("m", 1, { text }, more));
  const [fault] = message.faults;
  if (fault !== undefined) throw fault;
  return message.parts.get("text")?.render(seen) ?? "";
}

function throwsCode(code: string, run: () => unknown, place?: { line: number; column: number }) {
  assert.throws(run, (error) => {
    assert.ok(error instanceof PerigeeError);
    assert.equal(error.code, code);
    if (place !== undefined) {
      assert.deepEqual({ line: error.place?.line, column: error.place?.column }, place);
    }
    return true;
  });
}

const velocityjs = { engine: "velocityjs", isTrusted: true } as const;

test("a velocityjs template renders with the page's two ways to read rows", () => {
  const page = "$!data.get('promo_codes').get(0).get('name') " +
    "#foreach($pc in $!data.get('promo_codes'))$!pc.get('promo_code')#end";
  assert.equal(render(page, velocityjs), "Dina Kozak AAAA-BBBB-DDDD");
  assert.equal(render(page), "Dina Kozak AAAA-BBBB-DDDD");
});

test("a velocityjs render gets copies, so that it cannot change what others render with", () => {
  const text = "#foreach($pc in $data.promo_codes)#set($pc.name = 'changed')$pc.name#end";
  assert.equal(render(text, velocityjs), "changed");
  assert.equal(dinaRow.name, "Dina Kozak");
});

test("a velocityjs template that does not parse is PG801, and one that fails PG813", () => {
  throwsCode("PG801", () => render("#if($x", velocityjs));
  throwsCode("PG813", () => render("$contact.email.repeat(-1)", velocityjs));
});

test("velocityjs without trust is refused, whoever asks", () => {
  assert.throws(() => render("x", { engine: "velocityjs", isTrusted: false }), /not trusted/);
});

test("a template's errors lead to its place, also behind merge tags and inside fragments", () => {
  const tagged = "Hi %FIRSTNAME%: $data.get('promo_codes').get(7)";
  throwsCode("PG802", () => render(tagged, { mergeTags: true }), {
    line: 1,
    column: tagged.indexOf(".get(7)") + 2,
  });
  const templates = byName({
    name: "foot",
    template: "a\n  $data.get('promo_codes').get(7)",
    path: "foot.vm",
  });
  assert.throws(() => render("#parse('foot')", {}, { templates }), (error) => {
    assert.ok(error instanceof PerigeeError);
    assert.deepEqual({ file: error.place?.file, line: error.place?.line }, {
      file: "foot.vm",
      line: 2,
    });
    assert.match(error.message, /^foot\.vm:2:\d+: /);
    return true;
  });
});

test("fragments have merge tags of their own", () => {
  const templates = byName({ name: "foot", template: "%EMAIL%", path: "foot.vm" });
  assert.equal(
    render("%FIRSTNAME% #parse('foot')", { mergeTags: true }, { templates }),
    "Dina kozak@example.com",
  );
});

test("a value that looks like a merge tag or like Velocity stays a value", () => {
  const contact = { firstName: "%EMAIL% $contact.email #set($x = 1)", email: "e@example.com" };
  assert.equal(
    render("%FIRSTNAME%", { mergeTags: true }, {}, { ...scope, contact }),
    contact.firstName,
  );
});

test("escape: html escapes references and merge tags alike", () => {
  const more = { escape: "html", mergeTags: true } as const;
  assert.equal(
    render("<i>$contact.nick %PERSONAL.NICK%</i>", more),
    "<i>&lt;b&gt;D&lt;/b&gt; &lt;b&gt;D&lt;/b&gt;</i>",
  );
});

test("the message's limits hold", () => {
  const loop = "#foreach($i in [1..1000])0123456789#end";
  const limits = { maxSteps: undefined, maxOutputBytes: undefined, timeoutMs: undefined };
  throwsCode("PG803", () => render(loop, { limits: { ...limits, maxSteps: 100 } }));
  throwsCode("PG803", () => render(loop, { limits: { ...limits, maxOutputBytes: 1_000 } }));
  assert.equal(render(loop).length, 10_000);
});

test("zone and language are the message's, the contact's own zone where it is known", () => {
  const more = { timezone: "America/New_York", locale: "uk" };
  assert.equal(render("$dateTool.currentDate('d MMMM HH:mm')", more), "1 березня 05:00");
  const text = "$dateTool.formatInContactTimezone('HH:mm', '2026-03-01T10:00')";
  const kyiv = { ...scope, contactTimezone: "Europe/Kyiv" };
  assert.notEqual(render(text, more, {}, kyiv), render(text, more));
});

test("a source that the template itself requires stops the message", () => {
  const text = "$!datasource('promo_codes').required('true')fine";
  assert.equal(render(text), "fine");
  throwsCode("PG807", () => render(text, {}, {}, { ...scope, data: { promo_codes: [] } }));
});
