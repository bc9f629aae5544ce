import assert from "node:assert/strict";
import { test } from "node:test";
import {
  byName,
  dinaRow,
  messageOf,
  promoCodesSql,
  rendererOf,
  startRenderServer,
  testServer,
} from "../support/render_server.ts";
import { renderMessage } from "../../src/message/render_message.ts";
import { waitFor } from "../support/wait.ts";
import { openWorld, sourceOf } from "../support/world.ts";

const world = await openWorld(promoCodesSql);
await world.hub.sql`
  insert into perigee.contacts (contact_id, email) values (1, 'kozak@example.com')`;
const parts = {
  sources: byName(sourceOf("promo_codes", 1043)),
  messages: byName(messageOf("codes", 1, { text: "$!data.get('promo_codes').get(0).get('name')" })),
};
const good = { message: "codes", contact: { email: "kozak@example.com" } };

test("every configured token opens, and none or a wrong one is answered with 401", async () => {
  const server = await startRenderServer(world, parts);
  for (const token of testServer.tokens) {
    const response = await server.post("/render", good, { authorization: `Bearer ${token}` });
    assert.equal(response.status, 200);
  }
  for (const path of ["/render", "/render/segment"]) {
    for (const authorization of ["", "Bearer wrong", "Basic dGVzdA=="]) {
      const response = await server.post(path, good, { authorization });
      assert.deepEqual(
        [response.status, response.headers.get("www-authenticate"), (await response.json()).code],
        [401, "Bearer", "PG901"],
      );
    }
  }
});

test("a client beyond its rate is answered with 429 and when to come back", async () => {
  const server = await startRenderServer(world, {
    ...parts,
    server: { ...testServer, rateLimitPerSecond: 3 },
  });
  const all = await Promise.all(Array.from({ length: 12 }, () => server.post("/render", good)));
  const refused = all.filter(({ status }) => status === 429);
  assert.ok(refused.length >= 6 && refused.length < 12, `${refused.length} refused`);
  assert.equal(refused[0]?.headers.get("retry-after"), "1");
  assert.equal((await refused[0]?.json()).code, "PG908");
  const live = await fetch(`${server.url}/health/live`);
  assert.equal(live.status, 200);
  await waitFor(
    "a turn",
    async () => (await server.post("/render", good)).status === 200 || undefined,
  );
});

test("a path that does not exist is 404, a method that does not fit is 405", async () => {
  const server = await startRenderServer(world, parts);
  const missing = await fetch(`${server.url}/nope`);
  assert.deepEqual([missing.status, (await missing.json()).code], [404, "PG902"]);
  const method = await fetch(`${server.url}/render`);
  assert.deepEqual(
    [method.status, method.headers.get("allow"), (await method.json()).code],
    [405, "POST", "PG903"],
  );
});

test("an inline message is rendered where the configuration allows it, and only there", async () => {
  const server = await startRenderServer(world, {
    ...parts,
    render: { allowsInline: true, cacheMs: 0 },
  });
  const message = {
    subject: "$!data.get('promo_codes').get(0).get('promo_code')",
    html: "<b>$!contact.email</b> $x",
    escape: "html",
  };
  const response = await server.post("/render", { message, contact: good.contact });
  assert.deepEqual(await response.json(), {
    subject: "AAAA-BBBB-DDDD",
    html: "<b>kozak@example.com</b> $x",
  });
  const broken = await server.post("/render", {
    message: { html: "a\n#end" },
    contact: good.contact,
  });
  const problem = await broken.json();
  assert.deepEqual([broken.status, problem.code, problem.template, problem.line], [
    422,
    "PG801",
    "inline html",
    2,
  ]);
});

test("a dead connector is 503 with Retry-After for its messages, and the others render", async () => {
  const down = await openWorld(promoCodesSql);
  await down.hub.sql`
    insert into perigee.contacts (contact_id, email) values (1, 'kozak@example.com')`;
  const server = await startRenderServer(down, {
    ...parts,
    messages: byName(...parts.messages.values(), messageOf("plain", 2, { text: "$contact.email" })),
  });
  assert.equal((await server.post("/render", good)).status, 200);
  await down.hub.sql.unsafe(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${down.shop.target.database}'`,
  );
  await down.hub.sql.unsafe(
    `alter database "${down.shop.target.database}" with allow_connections false`,
  );
  const response = await server.post("/render", good);
  assert.equal(response.status, 503);
  assert.ok(Number(response.headers.get("retry-after")) > 0);
  const problem = await response.json();
  assert.match(problem.code, /^PG2\d\d$/);
  assert.ok(problem.advice.length > 0);
  assert.ok(!JSON.stringify(problem).includes(down.shop.target.password || "no password"));
  assert.equal((await server.post("/render", { ...good, message: "plain" })).status, 200);
});

test("a slow connector is 503 after the request's time limit", async () => {
  const slow = await openWorld(`${promoCodesSql}
    create view slow_codes as select promo_codes.* from promo_codes, pg_sleep(3);`);
  await slow.hub.sql`
    insert into perigee.contacts (contact_id, email) values (1, 'kozak@example.com')`;
  const server = await startRenderServer(slow, {
    sources: byName(sourceOf("slow_codes", 1)),
    messages: byName(messageOf("slow", 1, { text: "$data.get('slow_codes').size()" })),
    server: { ...testServer, requestTimeoutMs: 300 },
  });
  const response = await server.post("/render", { ...good, message: "slow" });
  assert.deepEqual([response.status, (await response.json()).code], [503, "PG909"]);
});

test("a column that is added is seen, and one that is dropped fails one render at most", async () => {
  const changing = await openWorld(promoCodesSql);
  await changing.hub.sql`
    insert into perigee.contacts (contact_id, email) values (1, 'kozak@example.com')`;
  const server = await startRenderServer(changing, parts);
  assert.equal((await server.post("/render", good)).status, 200);
  await changing.shop.sql.unsafe("alter table promo_codes drop column promo_code");
  await server.post("/render", good);
  const response = await server.post("/render?debug", good);
  const { promo_code: _dropped, ...rest } = dinaRow;
  assert.deepEqual((await response.json()).data, { promo_codes: [rest] });
});

test("rows are fetched each time without a cache, and once within its time with one", async () => {
  const fresh = rendererOf(world, { ...parts, server: testServer });
  const cached = rendererOf(world, {
    ...parts,
    server: testServer,
    render: { allowsInline: false, cacheMs: 60_000 },
  });
  const render = async (renderer: typeof fresh) => {
    const message = renderer.messages.require("codes");
    const key = { kind: "email", value: "kozak@example.com" } as const;
    return (await renderMessage(renderer, { message, contact: key })).parts.text;
  };
  assert.deepEqual([await render(fresh), await render(cached)], ["Dina Kozak", "Dina Kozak"]);
  await world.shop.sql`update promo_codes set name = 'Dina K.'`;
  assert.deepEqual([await render(fresh), await render(cached)], ["Dina K.", "Dina Kozak"]);
  await world.shop.sql`update promo_codes set name = 'Dina Kozak'`;
});

test("interleaved renders of two tenants share nothing", async () => {
  const template = "#set($seen = \"$!seen$!contact.email\")$data.get('list').add('x')" +
    "$data.put('left', $contact.email)#foreach($i in [1..200])$!data.left $seen #end" +
    "#macro(mine)$contact.email#end#mine()";
  const messages = byName(messageOf("tenant", 1, { text: template }));
  const [one, two] = await Promise.all(["one", "two"].map(async (name) => {
    const tenant = await openWorld("");
    const email = `${name}@example.com`;
    await tenant.hub.sql`insert into perigee.contacts (contact_id, email) values (1, ${email})`;
    return { email, server: await startRenderServer(tenant, { messages }) };
  }));
  assert.ok(one !== undefined && two !== undefined);
  const data = { list: ["a"] };
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) => index % 2 === 0 ? one : two).map(async (tenant) => {
      const body = { message: "tenant", contact: { contactId: 1 }, data };
      return { tenant, text: (await (await tenant.server.post("/render", body)).json()).text };
    }),
  );
  for (const { tenant, text } of answers) {
    assert.ok(text.includes(tenant.email));
    assert.ok(!text.includes(tenant === one ? two.email : one.email));
    assert.equal(text, answers.find((other) => other.tenant === tenant)?.text);
  }
});
