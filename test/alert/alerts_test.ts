import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import { Webhook } from "standardwebhooks";
import { startAlerts } from "../../src/alert/alert_loop.ts";
import { AlertWatch } from "../../src/alert/alert_watch.ts";
import { systemClock } from "../../src/clock.ts";
import type { AlertsConfig, Config } from "../../src/config/model.ts";
import { PerigeeError } from "../../src/error.ts";
import type { Observation } from "../../src/observe/observation.ts";
import { openPool } from "../../src/postgres/pool.ts";
import { openTestHub, type TestDatabase } from "../support/database.ts";
import { always, openReceiver, type Receiver } from "../support/receiver.ts";
import { waitFor } from "../support/wait.ts";
import { emptyConfig, importOf } from "../support/world.ts";

interface TestDaemon {
  readonly watch: AlertWatch;
  readonly observations: Observation[];
  /** Makes it look at once. */
  look(): void;
  /** How often it looked, to the end of what it had to send. */
  looks(): number;
  stop(): Promise<void>;
}

interface Told {
  readonly type: string;
  readonly text: string;
  readonly data: { readonly subject: string; readonly condition: string; readonly code: string };
}

const connectorError = new PerigeeError("nothing listens there", {
  kind: "connection",
  code: "PG202",
  advice: "Start it.",
});

function startDaemon(
  t: TestContext,
  hub: TestDatabase,
  alerts: Partial<AlertsConfig>,
  parts: Partial<Config> = {},
): TestDaemon {
  const pool = openPool(hub.target, { max: 2 });
  const watch = new AlertWatch();
  const observations: Observation[] = [];
  let looks = 0;
  const config: Config = {
    ...emptyConfig,
    imports: new Map([["customers", importOf("customers", "customers", [])]]),
    ...parts,
    alerts: { webhooks: [], secrets: [], allowsPrivate: true, ...alerts },
  };
  const running = startAlerts({
    config,
    hub: pool,
    daemonId: randomUUID(),
    watch,
    clock: {
      now: systemClock.now,
      sleep(ms, signal) {
        looks++;
        return systemClock.sleep(ms, signal);
      },
    },
    observe: (observation) => void observations.push(observation),
  });
  const stop = async () => {
    await running.stop();
    await pool.close(0);
  };
  t.after(stop);
  const look = () =>
    watch.observe({
      kind: "run_failed",
      name: "import/customers",
      runId: "1",
      durationMs: 1,
      error: connectorError,
      retryInMs: undefined,
    });
  return { watch, observations, look, looks: () => looks, stop };
}

/** Records how the newest run stands; `attempts` and `retry_at` as a daemon would. */
async function recordRun(
  { sql }: TestDatabase,
  state: string,
  more: { attempts?: number; isRetried?: boolean; agoMs?: number } = {},
): Promise<string> {
  const { attempts = 1, isRetried = false, agoMs = 0 } = more;
  const isFailed = state === "failed";
  const [row] = await sql<{ runId: string }[]>`
    insert into perigee.runs (name, scheduled_at, started_at, finished_at, state, cause, attempts,
      retry_at, daemon_id, error_code, error_message, error_advice)
    select 'import/customers', clock_timestamp(), moment, case when ${state} <> 'running' then moment end,
      ${state}, 'schedule', ${attempts}, case when ${isRetried} then now() + interval '1 hour' end,
      ${randomUUID()}, case when ${isFailed} then 'PG202' end,
      case when ${isFailed} then 'nothing listens there' end,
      case when ${isFailed} then 'Start it.' end
    from (select now() - ${agoMs}::float8 * interval '1 millisecond' as moment) as at
    returning run_id::text as "runId"`;
  return row?.runId ?? "";
}

function toldTo(receiver: Receiver): string[] {
  return receiver.requests.map(({ body }) => {
    const { type, data } = JSON.parse(body) as Told;
    return `${type} ${data.subject} ${data.condition}`;
  });
}

async function waitForTold(receiver: Receiver, wanted: readonly string[]): Promise<void> {
  await waitFor(`the receiver to be told ${wanted.length} times`, () => {
    if (receiver.requests.length < wanted.length) throw new Error(toldTo(receiver).join(", "));
    return true;
  }, 15_000);
  assert.deepEqual(toldTo(receiver), wanted);
}

/** Waits for a look of every daemon that began after now, so that what there is to tell was told. */
async function waitForLooks(daemons: readonly TestDaemon[]): Promise<void> {
  for (const daemon of daemons) {
    // The look that goes on now may have begun before; the one after it has not.
    const wanted = daemon.looks() + 2;
    await waitFor("two looks", () => {
      daemon.look();
      return daemon.looks() >= wanted || undefined;
    }, 20_000);
  }
}

const raised = "alert.raised import/customers failing";
const cleared = "alert.cleared import/customers failing";

test("of three daemons that see a failing run one tells it, and one its recovery", async (t) => {
  const [hub, receiver] = [await openTestHub(t), await openReceiver(t)];
  const alerts = { webhooks: [receiver.url] };
  const daemons = [1, 2, 3].map(() => startDaemon(t, hub, alerts));
  await recordRun(hub, "failed");
  for (const daemon of daemons) daemon.look();
  await waitForTold(receiver, [raised]);
  const told = JSON.parse(receiver.requests[0]?.body ?? "") as Told;
  assert.equal(told.data.code, "PG202");
  assert.match(
    told.text,
    /import\/customers is failing \(PG202\).*nothing listens there.*Start it/,
  );
  await waitForLooks(daemons);
  assert.deepEqual(toldTo(receiver), [raised]);
  await recordRun(hub, "succeeded");
  for (const daemon of daemons) daemon.look();
  await waitForTold(receiver, [raised, cleared]);
  await waitForLooks(daemons);
  assert.deepEqual(toldTo(receiver), [raised, cleared]);
  const kinds = daemons.flatMap(({ observations }) => observations.map(({ kind }) => kind));
  assert.deepEqual(kinds.sort(), ["alert_cleared", "alert_raised"]);
});

test("a first failure that is tried again is not told, its second one is", async (t) => {
  const [hub, receiver] = [await openTestHub(t), await openReceiver(t)];
  const daemon = startDaemon(t, hub, { webhooks: [receiver.url] });
  const runId = await recordRun(hub, "failed", { isRetried: true });
  await waitForLooks([daemon]);
  assert.deepEqual(toldTo(receiver), []);
  await hub.sql`update perigee.runs set attempts = 2 where run_id = ${runId}`;
  daemon.look();
  await waitForTold(receiver, [raised]);
});

test("failures of one tick after the other are told although each is the first of its tick", async (t) => {
  const [hub, receiver] = [await openTestHub(t), await openReceiver(t)];
  const daemon = startDaemon(t, hub, { webhooks: [receiver.url] });
  await recordRun(hub, "succeeded");
  await recordRun(hub, "failed");
  await recordRun(hub, "failed", { isRetried: true });
  await recordRun(hub, "running");
  daemon.look();
  await waitForTold(receiver, [raised]);
});

test("while a run is tried again its alert stays, and its success ends it", async (t) => {
  const [hub, receiver] = [await openTestHub(t), await openReceiver(t)];
  const daemon = startDaemon(t, hub, { webhooks: [receiver.url] });
  const runId = await recordRun(hub, "failed", { attempts: 2, isRetried: true });
  daemon.look();
  await waitForTold(receiver, [raised]);
  await hub.sql`update perigee.runs set state = 'running', attempts = 3, retry_at = null,
    finished_at = null, error_code = null where run_id = ${runId}`;
  await waitForLooks([daemon]);
  assert.deepEqual(toldTo(receiver), [raised]);
  await hub.sql`update perigee.runs set state = 'succeeded', finished_at = now()
    where run_id = ${runId}`;
  daemon.look();
  await waitForTold(receiver, [raised, cleared]);
});

test("what is older than its max_staleness is told, and that it is fresh again", async (t) => {
  const [hub, receiver] = [await openTestHub(t), await openReceiver(t)];
  const imports = new Map([
    ["customers", importOf("customers", "customers", [], { maxStalenessMs: 60_000 })],
  ]);
  await recordRun(hub, "succeeded", { agoMs: 120_000 });
  const daemon = startDaemon(t, hub, { webhooks: [receiver.url] }, { imports });
  await waitForTold(receiver, ["alert.raised import/customers stale"]);
  assert.match(receiver.requests[0]?.body ?? "", /its last success is 2 min old/);
  await recordRun(hub, "succeeded");
  daemon.look();
  await waitForTold(receiver, [
    "alert.raised import/customers stale",
    "alert.cleared import/customers stale",
  ]);
});

test("a connector is down for as long as any living daemon cannot reach it", async (t) => {
  const [hub, receiver] = [await openTestHub(t), await openReceiver(t)];
  const parts = { connectors: new Map([["shop", {} as never]]) };
  const [one, other] = [1, 2].map(() =>
    startDaemon(t, hub, { webhooks: [receiver.url] }, parts)
  ) as [TestDaemon, TestDaemon];
  const checked = {
    kind: "connector_checked",
    connector: "shop",
    isSecured: true,
    latencyMs: 1,
  } as const;
  other.watch.observe(checked);
  one.watch.observe({ kind: "connector_failed", connector: "shop", error: connectorError });
  const down = "alert.raised connector/shop down";
  await waitForTold(receiver, [down]);
  await waitForLooks([one, other]);
  assert.deepEqual(toldTo(receiver), [down]);
  await one.stop();
  await waitForLooks([other]);
  assert.deepEqual(toldTo(receiver), [down], "its report counts until it runs out");
  await hub.sql`update perigee.alert_reports set expires_at = now()`;
  other.look();
  await waitForTold(receiver, [down, "alert.cleared connector/shop down"]);
});

test("a daemon that has not tried a connector yet does not call it well", async (t) => {
  const [hub, receiver] = [await openTestHub(t), await openReceiver(t)];
  const parts = { connectors: new Map([["shop", {} as never]]) };
  await hub.sql`insert into perigee.alerts (subject, condition, code, message)
    values ('connector/shop', 'down', 'PG202', 'nothing listens there')`;
  const daemon = startDaemon(t, hub, { webhooks: [receiver.url] }, parts);
  await waitForLooks([daemon]);
  assert.deepEqual(toldTo(receiver), []);
  daemon.watch.observe({
    kind: "connector_checked",
    connector: "shop",
    isSecured: true,
    latencyMs: 1,
  });
  daemon.look();
  await waitForTold(receiver, ["alert.cleared connector/shop down"]);
});

test("sinks that open, close and are disabled, and a refused configuration, are told", async (t) => {
  const [hub, receiver] = [await openTestHub(t), await openReceiver(t)];
  const parts = { sinks: new Map([["crm", {} as never]]) };
  const daemon = startDaemon(t, hub, { webhooks: [receiver.url] }, parts);
  const told: string[] = [];
  const expectTold = async (what: string) => {
    told.push(what);
    await waitForTold(receiver, told);
  };
  const change = (state: "open" | "closed") =>
    daemon.watch.observe({ kind: "sink_changed", sink: "crm", state, reason: "answered 503" });
  change("open");
  await expectTold("alert.raised sink/crm open");
  change("closed");
  await expectTold("alert.cleared sink/crm open");
  await hub.sql`insert into perigee.sinks (name, state, reason)
    values ('crm', 'disabled', 'answered 410')`;
  daemon.look();
  await expectTold("alert.raised sink/crm disabled");
  daemon.watch.observe({ kind: "config_refused", problems: 2, text: "two problems" });
  await expectTold("alert.raised configuration refused");
  daemon.watch.observe({ kind: "config_reloaded", hash: "1", changed: [] });
  await expectTold("alert.cleared configuration refused");
});

test("an alert that is not taken is sent again with the same id, before its recovery", async (t) => {
  const hub = await openTestHub(t);
  const receiver = await openReceiver(t, { script: always(503, { "retry-after": "1" }) });
  const daemon = startDaemon(t, hub, { webhooks: [receiver.url] });
  await recordRun(hub, "failed");
  daemon.look();
  await waitForTold(receiver, [raised]);
  await recordRun(hub, "succeeded");
  await waitForLooks([daemon]);
  receiver.follow(always(200));
  await waitFor("the recovery", () => {
    daemon.look();
    return toldTo(receiver).at(-1) === cleared || undefined;
  }, 20_000);
  const ids = receiver.requests.map(({ id }) => id);
  assert.equal(new Set(ids.slice(0, -1)).size, 1);
  assert.notEqual(ids.at(-1), ids[0]);
  assert.ok(
    daemon.observations.some((each) => each.kind === "fault" && each.error.code === "PG441"),
  );
});

test("alerts are signed with every secret of the configuration", async (t) => {
  const [hub, receiver] = [await openTestHub(t), await openReceiver(t)];
  const secrets = ["first", "second"].map((name) =>
    `whsec_${Buffer.from(`the ${name} secret, thirty-two bytes`).toString("base64")}`
  );
  const daemon = startDaemon(t, hub, { webhooks: [receiver.url], secrets });
  await recordRun(hub, "failed");
  daemon.look();
  await waitForTold(receiver, [raised]);
  const { headers, body } = receiver.requests[0] ?? assert.fail("no request");
  const texts = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, String(value)]),
  );
  for (const secret of secrets) {
    assert.equal((new Webhook(secret).verify(body, texts) as Told).type, "alert.raised");
  }
});

test("without secrets alerts go unsigned, to every webhook once", async (t) => {
  const hub = await openTestHub(t);
  const receivers = [await openReceiver(t), await openReceiver(t)];
  const daemon = startDaemon(t, hub, { webhooks: receivers.map(({ url }) => url) });
  await recordRun(hub, "failed");
  daemon.look();
  for (const receiver of receivers) {
    await waitForTold(receiver, [raised]);
    assert.equal(receiver.requests[0]?.headers["webhook-signature"], undefined);
  }
  await waitForLooks([daemon]);
  assert.deepEqual(receivers.map(({ requests }) => requests.length), [1, 1]);
});

test("an address inside the network is not reached unless that is allowed", async (t) => {
  const [hub, receiver] = [await openTestHub(t), await openReceiver(t)];
  const daemon = startDaemon(t, hub, { webhooks: [receiver.url], allowsPrivate: false });
  await recordRun(hub, "failed");
  daemon.look();
  const fault = await waitFor(
    "the refusal",
    () => daemon.observations.find((each) => each.kind === "fault"),
    15_000,
  );
  assert.ok(fault.kind === "fault" && /ADDRESS_NOT_ALLOWED/.test(fault.error.message));
  assert.ok(!JSON.stringify(daemon.observations).includes(receiver.url));
  assert.equal(receiver.requests.length, 0);
});
