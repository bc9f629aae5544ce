import assert from "node:assert/strict";
import { test } from "node:test";
import {
  byName,
  dinaRow,
  messageOf,
  promoCodesSql,
  startRenderServer,
} from "../support/render_server.ts";
import { openWorld, sourceOf } from "../support/world.ts";

/** The reference page's two ways to read the array, for the bulk and for the triggered shape. */
const page = (key: string) => ({
  subject: `$!data.get('${key}').get(0).get('name')|$!data.get('${key}').get(0).get('promo_code')`,
  text: `#foreach($pc in $!data.get('${key}'))

$!pc.get('name')

$!pc.get('promo_code')

#end`,
});

const printed = {
  subject: "Dina Kozak|AAAA-BBBB-DDDD",
  text: "\nDina Kozak\n\nAAAA-BBBB-DDDD\n\n",
};

const world = await openWorld(promoCodesSql);
await world.hub.sql`
    insert into perigee.contacts (contact_id, email, external_customer_id, sms, first_name, fields)
    values (623927159, 'kozak@example.com', 'C-7', '+380441234567', 'Dina',
            '{"loyaltyId": "L-1", "points": 12345678901234567890, "vip": true}'),
           (2, 'empty@example.com', null, '+380447654321', null, '{"loyaltyId": "L-2"}'),
           (3, 'twin@example.com', null, '+380447654321', 'Twin', '{"loyaltyId": "L-2"}')`;
const params = [
  { name: "ContactId", value: "623927159" },
  { name: "jsonParam", value: JSON.stringify({ 1043: [dinaRow] }) },
  { name: "EmailAddress", value: "kozak@example.com" },
];
const [event] = await world.hub.sql<{ id: string }[]>`
    insert into perigee.events (event_type_key, contact_id, params_json)
    values ('regularEventType-170531841', 623927159, ${JSON.stringify(params)}::text::jsonb)
    returning event_id::text as id`;
const eventId = event?.id ?? "";
const server = await startRenderServer(world, {
  sources: byName(sourceOf("promo_codes", 1043)),
  messages: byName(
    messageOf("bulk", 501, page("promo_codes")),
    messageOf("triggered", 502, page("1043")),
    messageOf("required", 503, { text: "x" }, {
      sources: [{ source: "promo_codes", isRequired: true }],
    }),
    messageOf("page", 504, { subject: "s", html: "<p>$!contact.get('firstName')</p>" }),
    messageOf("broken", 505, { subject: "fine", html: "line\n  #if($x" }),
    messageOf("failing", 506, { html: "a\n$data.get('promo_codes').get(9)" }),
    messageOf("endless", 507, {
      text: "#foreach($i in [1..90000])#foreach($j in [1..90000])x#end#end",
    }),
    messageOf("fields", 508, {
      text: "$contact.contactId|$contact.externalCustomerId|$contact.points|$contact.vip|" +
        "$contact.get('loyaltyId')|$!contact.lastName|",
    }),
    messageOf("event", 509, {
      text: "$event.eventTypeKey|$event.params.EmailAddress|$!data.get('ContactId')|" +
        "$!data.get('promo_codes').get(0).get('name')",
    }),
    messageOf("clock", 510, { text: "$dateTool.currentDate('yyyy-MM-dd HH:mm')" }),
    messageOf("tags", 511, { text: "Dear %FIRSTNAME|friend%, %PERSONAL.LOYALTYID%" }, {
      mergeTags: true,
    }),
  ),
});

const contact = { email: "kozak@example.com" };

test("a bulk render gets the reference page's data to the letter and prints what it says", async () => {
  const response = await server.post("/render?debug", { message: "bulk", contact });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(
    await response.text(),
    JSON.stringify({ ...printed, data: { promo_codes: [dinaRow] } }),
  );
});

test("an event of the hub gives the triggered shape to the letter and prints what the page says", async () => {
  const response = await server.post("/render?debug", { message: "triggered", eventId });
  assert.equal(
    await response.text(),
    JSON.stringify({ ...printed, data: { "1043": [dinaRow] } }),
  );
});

test("an event in the request renders as one of the hub does", async () => {
  const event = {
    params: [
      { name: "ContactId", value: "623927159" },
      { name: "jsonParam", value: JSON.stringify({ 1043: [dinaRow] }) },
    ],
  };
  const response = await server.post("/render?debug", { message: 502, event });
  assert.deepEqual(await response.json(), { ...printed, data: { "1043": [dinaRow] } });
});

test("an event without jsonParam gives its parameters as data, and sources are fetched for its contact", async () => {
  const event = {
    eventTypeKey: "visit",
    params: { ContactId: 623927159, EmailAddress: "kozak@example.com" },
  };
  const response = await server.post("/render", { message: "event", event });
  assert.deepEqual(await response.json(), {
    text: "visit|kozak@example.com|623927159|Dina Kozak",
  });
});

const keys: Record<string, unknown> = {
  "an email in other letters and with blanks": { email: " Kozak@Example.COM " },
  "an external id": { externalCustomerId: "C-7" },
  "a phone number as people write it": { phone: "+38 (044) 123-45-67" },
  "a contact id": { contactId: 623927159 },
  "a contact id as text": { contactId: "623927159" },
  "an additional field": { field: { name: "loyaltyId", value: "L-1" } },
};
for (const [name, key] of Object.entries(keys)) {
  test(`a contact is found by ${name}`, async () => {
    const response = await server.post("/render", { message: "bulk", contact: key });
    assert.deepEqual(await response.json(), printed);
  });
}

test("templates see documented and additional fields, numbers as decimal text", async () => {
  const response = await server.post("/render", { message: "fields", contact });
  assert.deepEqual(await response.json(), {
    text: "623927159|C-7|12345678901234567890|true|L-1||",
  });
});

test("overrides replace what would be fetched, whatever the keys are called", async () => {
  const data = { promo_codes: [{ ...dinaRow, name: "Other" }] };
  const response = await server.post("/render?debug", { message: "bulk", contact, data });
  const body = await response.json();
  assert.equal(body.subject, "Other|AAAA-BBBB-DDDD");
  assert.deepEqual(body.data, data);
});

test("a message can be rendered on given data alone", async () => {
  const response = await server.post("/render", {
    message: "bulk",
    data: { promo_codes: [dinaRow] },
  });
  assert.deepEqual(await response.json(), printed);
});

test("at is the now of the date tool", async () => {
  const response = await server.post("/render", {
    message: "clock",
    contact,
    at: "2024-02-29T23:30:00+02:00",
  });
  assert.deepEqual(await response.json(), { text: "2024-02-29 21:30" });
});

test("merge tags print fields of the contact or their fallback", async () => {
  const response = await server.post("/render", { message: "tags", contact: { contactId: "2" } });
  assert.deepEqual(await response.json(), { text: "Dear friend, L-2" });
});

test("a client that prefers HTML gets the page itself, unable to act in the server's name", async () => {
  const response = await server.post("/render", { message: "page", contact }, {
    accept: "text/html",
  });
  assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
  assert.match(
    response.headers.get("content-security-policy") ?? "",
    /^sandbox; default-src 'none'/,
  );
  assert.equal(await response.text(), "<p>Dina</p>");
});

const problems: [string, unknown, number, string, Record<string, unknown>?][] = [
  ["an unknown message", { message: "nope", contact }, 404, "PG804"],
  ["an unknown contact", { message: "bulk", contact: { email: "no@example.com" } }, 404, "PG805"],
  ["a contact id that is none", { message: "bulk", contact: { contactId: "x" } }, 404, "PG805"],
  ["an unknown event", { message: "bulk", eventId: "999999999999999999999999" }, 404, "PG808"],
  [
    "a key of several contacts",
    { message: "bulk", contact: { phone: "+380447654321" } },
    409,
    "PG806",
  ],
  [
    "a field of several contacts",
    {
      message: "bulk",
      contact: { field: { name: "loyaltyId", value: "L-2" } },
    },
    409,
    "PG806",
  ],
  [
    "a required source without rows",
    { message: "required", contact: { contactId: 2 } },
    409,
    "PG807",
  ],
  ["a broken template", { message: "broken", contact }, 422, "PG801", {
    template: "broken.html.vm",
    line: 2,
  }],
  ["a template that fails", { message: "failing", contact }, 422, "PG802", {
    template: "failing.html.vm",
    line: 2,
  }],
  ["an endless template", { message: "endless", contact }, 422, "PG803"],
  [
    "a jsonParam that is no object",
    {
      message: "triggered",
      event: { params: { jsonParam: "[1" } },
    },
    422,
    "PG809",
  ],
  ["an inline template where none is allowed", { message: { text: "x" }, contact }, 422, "PG810"],
];
for (const [name, body, status, code, place] of problems) {
  test(`${name} is answered with ${status} and ${code}`, async () => {
    const response = await server.post("/render", body);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    const problem = await response.json();
    assert.deepEqual(
      { http: response.status, status: problem.status, code: problem.code, type: problem.type },
      { http: status, status, code, type: `urn:perigee:error:${code}` },
    );
    assert.ok(problem.title.length > 0 && problem.detail.length > 0 && problem.advice.length > 0);
    for (const [key, value] of Object.entries(place ?? {})) assert.equal(problem[key], value, key);
  });
}

test("a broken message leaves the others alone", async () => {
  assert.equal((await server.post("/render", { message: "broken", contact })).status, 422);
  assert.equal((await server.post("/render", { message: "bulk", contact })).status, 200);
});
