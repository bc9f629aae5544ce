import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { MessageConfig } from "../../src/config/model_message.ts";
import type { MessageTestConfig } from "../../src/config/model_test_case.ts";
import { runMessageTests } from "../../src/message/run_message_tests.ts";
import { openTestDatabase } from "../support/database.ts";
import { addressOf, openWorld, sourceOf } from "../support/world.ts";

const world = await openWorld("create table codes (untouched integer)");
const throwaway = await openTestDatabase({ after });

const template = `$!contact.get('firstName'), $dateTool.formatDate('yyyy-MM-dd', ` +
  `$dateTool.currentTimeStamp())
#foreach($row in $data.get('codes'))$row.get('code') $!row.get('until')
#end`;

const message: MessageConfig = {
  name: "gift",
  id: 1,
  parts: [{ part: "text", template, path: "gift.vm" }],
  engine: "perigee",
  isTrusted: false,
  dialect: "1.7",
  escape: "none",
  mergeTags: false,
  locale: "en",
  timezone: "UTC",
  sources: [{ source: "codes", isRequired: true }],
  limits: { maxSteps: undefined, maxOutputBytes: undefined, timeoutMs: undefined },
  tests: [],
};

const wanted = "Dina, 2026-02-28\nB 2026-03-01T00:00:00Z\nA \n";

function caseOf(name: string, more: Partial<MessageTestConfig> = {}): MessageTestConfig {
  return {
    name,
    at: new Date("2026-02-28T12:00:00Z"),
    rows: new Map([["codes", [
      { id: 2, email: "Dina@example.com", code: "A" },
      { id: 1, email: "dina@example.com", code: "B", until: "2026-03-01" },
      { id: 3, email: "other@example.com", code: "C" },
    ]]]),
    types: new Map(),
    contact: { firstName: "Dina" },
    expected: [{ part: "text", text: wanted, contains: [], lacks: ["C"] }],
    error: undefined,
    place: "p",
    ...more,
  };
}

test("a message's tests render on throwaway databases at their own moment", async () => {
  const tests = [
    caseOf("the whole text"),
    caseOf("another line", {
      expected: [{ part: "text", text: wanted.replace("A ", "X"), contains: ["Z"], lacks: ["B"] }],
    }),
    caseOf("a part that is not there", {
      expected: [{ part: "html", text: "", contains: [], lacks: [] }],
    }),
    caseOf("no rows", { rows: new Map(), expected: [], error: "PG807" }),
    caseOf("rows where none must be", { expected: [], error: "PG807" }),
    caseOf("no rows by mistake", { rows: new Map() }),
  ];
  const config = world.config({
    sources: new Map([["codes", sourceOf("codes")]]),
    messages: new Map([["gift", { ...message, tests }]]),
  });
  const databases = {
    hub: world.pool,
    hubTarget: world.hub.target,
    customers: new Map([["shop", addressOf(throwaway.target)]]),
  };
  const results = await runMessageTests(config, databases, new AbortController().signal);
  assert.deepEqual(
    results.map(({ test, passed, differences }) => [test, passed, differences.join("; ")]),
    [
      ["the whole text", true, ""],
      [
        ...["another line", false],
        'text contains "B"; text line 3 is "A " and must be "X"',
      ],
      ["a part that is not there", false, "the message has no html"],
      ["no rows", true, ""],
      ["rows where none must be", false, "it must end with PG807 and is rendered"],
      [
        ...["no rows by mistake", false],
        "it cannot be rendered: PG807 message gift must not be sent: source codes has no rows for the contact",
      ],
    ],
  );
  assert.equal((await world.shop.sql`select untouched from codes`).length, 0);
});
