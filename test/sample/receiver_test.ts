import assert from "node:assert/strict";
import { test } from "node:test";
import { makeSigner } from "../../src/event/signature.ts";
import { startReceiver } from "../../src/sample/receiver.ts";
import { waitFor } from "../support/wait.ts";

test("the sample's receiver takes signed webhooks, counts each id once, and refuses the rest", async (t) => {
  const told: string[] = [];
  const receiver = await startReceiver({
    secrets: ["a secret"],
    host: "127.0.0.1",
    port: 0,
    onEvents: (text) => void told.push(text),
  });
  t.after(() => receiver.close());
  const post = async (secret: string, id: string) => {
    const headers = { ...makeSigner([secret])(id, Date.now(), "{}") };
    const response = await fetch(receiver.url, { method: "POST", body: "{}", headers });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await post("a secret", "1"), 204);
  assert.equal(await post("a secret", "1"), 204);
  assert.equal(await post("a secret", "2"), 204);
  assert.equal(await post("another", "3"), 401);
  const text = await waitFor("the count", () => told[0]);
  assert.match(text, /got 2 events, signatures verified/);
});
