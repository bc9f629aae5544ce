import assert from "node:assert/strict";
import { test } from "node:test";
import { makeResolver } from "./resolve_address.ts";

/** DNS that gives these answers, one after the other and then the last again. */
function answering(...answers: readonly (readonly string[])[]) {
  let asked = 0;
  return {
    lookUp: (_host: string) =>
      Promise.resolve(answers[Math.min(asked++, answers.length - 1)] ?? []),
    asked: () => asked,
  };
}

const refused = { code: "ADDRESS_NOT_ALLOWED" };

test("of a name's addresses only public ones are given", async () => {
  const dns = answering(["10.0.0.7", "93.184.216.34", "::1"]);
  const resolver = makeResolver("hooks.example.com", false, dns.lookUp);
  assert.equal(resolver.known(), undefined);
  assert.equal(await resolver.resolve(), "93.184.216.34");
  assert.equal(resolver.known(), "93.184.216.34");
});

test("a name that leads to private addresses alone is refused, unless the sink allows it", async () => {
  const dns = answering(["127.0.0.1", "169.254.169.254", "::ffff:10.1.2.3"]);
  await assert.rejects(makeResolver("hooks.example.com", false, dns.lookUp).resolve(), refused);
  assert.equal(await makeResolver("hooks.example.com", true, dns.lookUp).resolve(), "127.0.0.1");
});

test("an address that is given stays the one that was checked, whatever DNS says later", async () => {
  const dns = answering(["93.184.216.34"], ["127.0.0.1"]);
  const resolver = makeResolver("hooks.example.com", false, dns.lookUp);
  assert.equal(await resolver.resolve(), "93.184.216.34");
  assert.equal(resolver.known(), "93.184.216.34");
  assert.equal(dns.asked(), 1);
  resolver.avoid("93.184.216.34");
  assert.equal(resolver.known(), undefined);
  await assert.rejects(resolver.resolve(), refused);
});

test("an address that did not answer makes way for the next one", async () => {
  const dns = answering(["93.184.216.34", "93.184.216.35"]);
  const resolver = makeResolver("hooks.example.com", false, dns.lookUp);
  await resolver.resolve();
  resolver.avoid("93.184.216.34");
  assert.equal(resolver.known(), "93.184.216.35");
});

test("an address in place of a name is not looked up, and those who ask at once ask once", async () => {
  const dns = answering(["93.184.216.34"]);
  assert.equal(
    await makeResolver("[2606:4700::1111]", false, dns.lookUp).resolve(),
    "2606:4700::1111",
  );
  assert.equal(dns.asked(), 0);
  const resolver = makeResolver("hooks.example.com", false, dns.lookUp);
  await Promise.all([resolver.resolve(), resolver.resolve()]);
  assert.equal(dns.asked(), 1);
});
