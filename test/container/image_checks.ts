/**
 * `npm run test:container`: builds the image and does the main job in it, beside a Postgres of this
 * machine. CONTAINER_BASES=local makes stand-ins for the public base images first. Says aloud why it skips
 * where there is nothing that builds images.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { findEmbeddedBinaries } from "../../src/embedded/binaries.ts";
import { startCluster } from "../../src/embedded/cluster.ts";
import { openConnection } from "../../src/postgres/connection.ts";
import { testTarget } from "../support/database.ts";
import { repository } from "../support/daemon_process.ts";
import { freePort } from "../support/free_port.ts";
import { waitFor } from "../support/wait.ts";
import { type Container, runContainer } from "./container.ts";
import { findEngine, run } from "./engine.ts";
import { buildImage } from "./image.ts";
import { makeStandIns } from "./stand_in_bases.ts";

const engine = await findEngine();
const isLocal = process.env["CONTAINER_BASES"] === "local";
const skipped = await findReasonToSkip();
if (skipped !== undefined) process.stderr.write(`\nSKIPPED: ${skipped}\n\n`);
else await checkImage(engine ?? assert.fail());

async function findReasonToSkip(): Promise<string | undefined> {
  if (engine === undefined) {
    return "neither docker nor podman nor buildah works here, so the image was not built";
  }
  if (isLocal) return undefined;
  const { exitCode } = await run(
    [...engine.words, "pull", "gcr.io/distroless/cc-debian12"],
    120_000,
  );
  if (exitCode === 0) return undefined;
  return "the base images cannot be fetched; CONTAINER_BASES=local makes stand-ins with mmdebstrap";
}

async function checkImage(builder: NonNullable<typeof engine>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-image-"));
  after(() => rm(folder, { recursive: true, force: true }));
  const cluster = await startCluster({
    dataDir: folder,
    binaries: await findEmbeddedBinaries(),
    isThrowaway: true,
  });
  after(() => cluster.stop());
  const image = await buildImage(builder, isLocal ? await makeStandIns(builder) : undefined);

  const [httpPort, receiverPort] = [await freePort(), await freePort()];
  const url = (database: string) => cluster.superuserUrl.replace(/\/[^/]*$/, `/${database}`);
  const admin = await openConnection(testTarget(cluster.superuserUrl));
  await admin.sql.unsafe("create database perigee");
  await admin.end();
  const env = {
    PERIGEE_HUB_URL: url("perigee"),
    SHOP_URL: url("shop"),
    SAMPLE_WEBHOOK_URL: `http://127.0.0.1:${receiverPort}/events`,
    PERIGEE_HOST: "127.0.0.1",
    PERIGEE_PORT: String(httpPort),
  };
  const opened: Container[] = [];
  after(() => Promise.all(opened.map((each) => each.remove())).then(() => image.remove()));
  const open = async (...command: string[]): Promise<Container> => {
    const configFolder = path.join(repository, "config");
    const container = await runContainer(builder, image, { command, env, configFolder });
    opened.push(container);
    return container;
  };
  const started: { daemon?: Container; receiver?: Container } = {};

  test("the image is smaller than 250 MB and its user is nobody", () => {
    process.stderr.write(`${builder.name}: ${Math.round(image.bytes / 1e6)} MB\n`);
    assert.ok(image.bytes < 250e6, `${image.bytes} bytes`);
    assert.match(image.config.user, /^65532(:65532)?$/);
    for (const right of ["write", "run", "ffi", "all"]) {
      assert.ok(
        !image.config.entrypoint.some((word) => word.startsWith(`--allow-${right}`)),
        right,
      );
    }
  });

  test("it makes the sample, and the daemon does the main job", async () => {
    const sample = await open("sample");
    assert.equal(await sample.wait(), 0, await sample.logs());
    started.receiver = await open("sample", "--receiver", `127.0.0.1:${receiverPort}`);
    started.daemon = await open("start");
    const { daemon, receiver } = started;
    await waitFor("the daemon to be ready", async () => {
      const answer = await fetch(`http://127.0.0.1:${httpPort}/health/ready`).catch(() =>
        undefined
      );
      await answer?.text();
      if (answer?.ok) return true;
      return undefined;
    }, 60_000).catch(async (error) => assert.fail(`${error}\n${await daemon.logs()}`));
    await waitFor("verified events", async () => {
      return /got \d+ events?, signatures verified/.exec(await receiver.logs()) ?? undefined;
    }, 60_000).catch(async (error) => assert.fail(`${error}\n${await daemon.logs()}`));
    const shop = await openConnection(testTarget(url("shop")));
    await waitFor("nine tables", async () => {
      const [found] = await shop.sql<{ tables: number }[]>`
        select count(*)::int as tables from pg_tables where schemaname = 'public' and tablename in
          ('broadcasts', 'contactActivities', 'contacts', 'devices', 'events', 'messages',
           'orderItems', 'orders', 'revenue')`;
      return found?.tables === 9 || undefined;
    }, 60_000);
    await shop.end();
    const rendered = await fetch(`http://127.0.0.1:${httpPort}/render`, {
      method: "POST",
      headers: {
        "authorization": "Bearer perigee-sample-token",
        "content-type": "application/json",
      },
      body: '{"message":"birthday_greeting","contact":{"email":"kozak@example.com"}}',
    });
    assert.match(await rendered.text(), /AAAA-BBBB-DDDD/);
  });

  test("the health check holds while the daemon runs", async () => {
    const { exitCode, output } = await started.daemon?.checkHealth() ?? assert.fail();
    assert.equal(exitCode, 0, output);
  });

  test("even a program with all rights of the runtime cannot write a file there", async () => {
    const code = `const { uid } = Deno; let wrote = 0;
      for (const path of ["/app/x", "/config/x", "/tmp/x", "/x"]) {
        try { Deno.writeTextFileSync(path, ""); wrote++; } catch { /* as it should be */ }
      }
      console.log(JSON.stringify({ uid: uid(), wrote }));`;
    const { output } = await started.daemon?.exec(["deno", "eval", code]) ?? assert.fail();
    assert.match(output, /{"uid":65532,"wrote":0}/);
  });

  test("SIGTERM ends it in order", async () => {
    const { daemon } = started;
    assert.ok(daemon);
    assert.equal(await daemon.stop(), 0, await daemon.logs());
    assert.match(await daemon.logs(), /"kind":"daemon_stopped","unfinished":0/);
    assert.equal(await started.receiver?.stop(), 0);
  });
}
