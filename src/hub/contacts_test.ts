import assert from "node:assert/strict";
import { test } from "node:test";
import { parseContact } from "./contacts.ts";

test("documented names go before additional fields of the same name", () => {
  const stored = {
    documented: '{"email":"a@example.com"}',
    fields: '{"email": "b", "city": "Lviv"}',
  };
  assert.deepEqual(parseContact(stored), { email: "a@example.com", city: "Lviv" });
});

test("moments get their Z, others stay as Postgres spells them", () => {
  const stored = {
    documented: '{"createdDate":"2021-10-08T11:11:02.5","lastSentDate":null,' +
      '"lastViewedDate":"infinity","lastClickedDate":"0044-03-15T00:00:00 BC"}',
    fields: "{}",
  };
  assert.deepEqual(parseContact(stored), {
    createdDate: "2021-10-08T11:11:02.5Z",
    lastSentDate: null,
    lastViewedDate: "infinity",
    lastClickedDate: "0044-03-15T00:00:00 BC",
  });
});

test("numbers of additional fields become text with every digit, inner ones stay", () => {
  const fields = '{"a": 12345678901234567890.10, "b": -3, "c": [1, {"d": 2}], "5": "7, 8", ' +
    '"quo\\"te: 9": "x", "t": true, "n": null}';
  assert.deepEqual(parseContact({ documented: '{"email":null}', fields }), {
    email: null,
    a: "12345678901234567890.10",
    b: "-3",
    c: [1, { d: 2 }],
    "5": "7, 8",
    'quo"te: 9': "x",
    t: true,
    n: null,
  });
});
