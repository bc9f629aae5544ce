import assert from "node:assert/strict";
import { after, test } from "node:test";
import { previewTrigger } from "../../src/trigger/preview_trigger.ts";
import { addMembers, birthdayTrigger, openShop, runTick } from "./fixture.ts";

const shop = await openShop({ after });

test("a preview shows who is due and one event, equal to what a run then makes, and writes nothing", async () => {
  const ids = await addMembers(shop.hub.sql, ["a@example.com", "b@example.com"]);
  await shop.shop`insert into promo_codes values (1, 'a@example.com', 'A', '2020-02-29', 'X')`;
  const deps = shop.deps();
  const preview = await previewTrigger(birthdayTrigger(), new Date("2026-03-01T06:00:00Z"), deps);
  assert.deepEqual([preview.members, preview.due, preview.contactIds], [2, 2, ids]);
  const written = await shop.hub.sql`select 1 from perigee.events`;
  assert.equal(written.length, 0);

  await runTick(shop, "2026-03-01T06:00:00Z");
  const [event] = await shop.hub.sql<{ params: string; type: string; key: string }[]>`
    select params_json::text as params, event_type_key as type, key_value as key
    from perigee.events order by contact_id`;
  assert.deepEqual(preview.sample?.params, JSON.parse(event?.params ?? ""));
  assert.deepEqual([preview.sample?.eventTypeKey, preview.sample?.keyValue], [
    event?.type,
    event?.key,
  ]);
});

test("a preview follows the repeat rule and says where a source without rows would skip", async () => {
  const once = birthdayTrigger({
    repeat: { kind: "once" },
    sources: [{ source: "promo_codes", whenEmpty: "skip" }],
  });
  await addMembers(shop.hub.sql, ["c@example.com"]);
  const preview = await previewTrigger(once, new Date("2026-03-02T06:00:00Z"), shop.deps());
  assert.deepEqual([preview.members, preview.due], [3, 1]);
  assert.deepEqual(preview.sample?.skippedFor, ["promo_codes"]);
});
