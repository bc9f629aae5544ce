import assert from "node:assert/strict";
import { test } from "node:test";
import { importCsv } from "../../src/import/import_csv.ts";
import { findAll, happened, mapTo, mapToField } from "../support/imports.ts";
import { openWorld } from "../support/world.ts";

const world = await openWorld("");

/** A file in pieces that end anywhere. */
async function* pieces(text: string, size = 7): AsyncIterable<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let start = 0; start < bytes.length; start += size) {
    yield bytes.subarray(start, start + size);
  }
}

function load(text: string, more: Partial<Parameters<typeof importCsv>[0]> = {}) {
  return world.run("import/contacts.csv", (context, deps) =>
    importCsv(
      {
        name: "contacts.csv",
        file: pieces(text),
        key: { column: "mail", field: { kind: "email" } },
        mapping: undefined,
        dataset: "contacts",
        defaultCountry: "UA",
        maxRows: 1000,
        ...more,
      },
      context,
      deps,
    ));
}

test("a file is mapped by its header, and what nobody can have is listed", async () => {
  let bytes = 0;
  const text = '\ufeff"email";firstName;city;sms;totalSent\r\n' +
    'Anna@example.com;"Anna ""A;"" ";Lviv;0441234567;3\r\nnobody;x;;;\r\n' +
    "anna@example.com;Again;;;\r\nb@example.com;B;Київ;12;many\r\n";
  const counts = await load(text, { onProgress: (passed) => bytes = passed });
  assert.deepEqual(happened(counts), { read: 4, inserted: 2, rejected: 2, dropped: 2 });
  assert.equal(bytes, new TextEncoder().encode(text).length - 3);
  const rejects = await world.hub.sql`
    select key, field, reason from perigee.import_rejects order by key, field, reason`;
  assert.deepEqual(rejects.map((row) => Object.values(row).join(" ")), [
    "anna@example.com  duplicate",
    "b@example.com sms invalid_phone",
    "b@example.com totalSent invalid_value",
    "nobody  invalid_email",
  ]);
  const [, boris] = await findAll(world, "email, first_name as name, fields");
  assert.deepEqual(boris, { email: "b@example.com", name: "B", fields: { city: "Київ" } });
});

test("a mapping of an import serves for a file too", async () => {
  const mapping = [mapTo("lastName", "surname"), mapToField("town", "city")];
  const text = "mail,surname,city\nc@example.com,Kozak,Odesa\n";
  assert.deepEqual(happened(await load(text, { mapping })), { read: 1, inserted: 1 });
  assert.deepEqual(happened(await load(text, { mapping })), { read: 1, unchanged: 1 });
});

test("a file that is no CSV is refused whole", async () => {
  await assert.rejects(load("mail,a\nd@example.com,1,2\n"), { code: "PG608" });
  await assert.rejects(load('mail,a\nd@example.com,"1\n'), { code: "PG608" });
  await assert.rejects(load("mail,,b\n"), { code: "PG608" });
  await assert.rejects(load("mail,a,a\n"), { code: "PG608" });
  await assert.rejects(load("name\nDina\n"), { code: "PG601" });
  await assert.rejects(load("mail\na@example.com\nb@example.com\n", { maxRows: 1 }), {
    code: "PG604",
  });
});
