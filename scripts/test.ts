/**
 * `npm test [-- [--node] [--deno] path…]`: runs the tests on Node and on Deno against an embedded
 * Postgres, and those that depend on the server also against this machine's own PostgreSQL. The
 * last line is the sum; the exit code is 0 when something passed and nothing failed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";

import {
  type Binaries,
  findEmbeddedBinaries,
  findSystemBinaries,
} from "../src/embedded/binaries.ts";
import { type Cluster, startCluster } from "../src/embedded/cluster.ts";
import { type Children, endChildren } from "./testing/child.ts";
import { findTestFiles, selectServerFiles, splitByServer } from "./testing/find_test_files.ts";
import { type Outcome, sumOutcomes } from "./testing/outcome.ts";
import { findLeaks, secretMark } from "./testing/transcript.ts";
import { runOnDeno } from "./testing/run_on_deno.ts";
import { runOnNode } from "./testing/run_on_node.ts";

type Run = (
  files: readonly string[],
  env: Readonly<Record<string, string>>,
  children: Children,
  jobs: number,
) => Promise<Outcome>;

/** A signal ends the tests and then, in its usual order, the run; a second one ends it at once. */
function endOnSignals(children: Children): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(1);
      stopping.abort();
      endChildren(children);
    });
  }
  return stopping.signal;
}

async function withCluster<T>(
  binaries: Binaries,
  body: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-test-"));
  try {
    const cluster = await startCluster({ dataDir: folder, binaries, isThrowaway: true });
    try {
      return await body(cluster);
    } finally {
      await cluster.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runNamed(
  name: string,
  run: Run,
  files: readonly string[],
  cluster: Cluster,
  children: Children,
  jobs: number,
): Promise<Outcome> {
  const startedAt = performance.now();
  console.log(`${name}: ${files.length} files, PostgreSQL ${cluster.version}`);
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-transcript-"));
  const transcript = path.join(folder, "outputs.txt");
  const env = {
    PERIGEE_TEST_CLUSTER: cluster.superuserUrl,
    PERIGEE_TEST_TRANSCRIPT: transcript,
  };
  const tested = await run(files, env, children, jobs);
  const { password } = new URL(cluster.superuserUrl);
  const secrets = new Map([["the databases' password", password], [
    "a planted secret",
    secretMark,
  ]]);
  const outcome = sumOutcomes([tested, findLeaks(transcript, secrets)]);
  await rm(folder, { recursive: true, force: true });
  for (const { file, name, detail } of outcome.failures) {
    console.log(`\nFAILED ${file}: ${name}\n${detail}\n`);
  }
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const skipped = outcome.skipped === 0 ? "" : `, ${outcome.skipped} skipped`;
  console.log(
    `  ${outcome.passed} passed, ${outcome.failures.length} failed${skipped}, ${seconds} s`,
  );
  return outcome;
}

async function main(given: readonly string[]): Promise<number> {
  const isOnly = given.includes("--node") !== given.includes("--deno");
  const files = await findTestFiles(given.filter((word) => !word.startsWith("--")));
  const children: Children = new Set();
  const stopping = endOnSignals(children);
  const outcomes: Outcome[] = [];
  const add = async (name: string, run: Run, files: readonly string[], cluster: Cluster) => {
    const { shared, alone } = splitByServer(files);
    for (const [group, jobs] of [[shared, 2], [alone, 1]] as const) {
      if (stopping.aborted || group.length === 0) continue;
      outcomes.push(await runNamed(name, run, group, cluster, children, jobs));
    }
  };
  await withCluster(await findEmbeddedBinaries(), async (cluster) => {
    if (!isOnly || given.includes("--node")) await add("Node", runOnNode, files, cluster);
    if (!isOnly || given.includes("--deno")) await add("Deno", runOnDeno, files, cluster);
  });
  const serverFiles = selectServerFiles(files);
  const [system] = await findSystemBinaries();
  if (system !== undefined && serverFiles.length > 0 && !given.includes("--deno")) {
    await withCluster(system, (cluster) => add("Node", runOnNode, serverFiles, cluster));
  }
  const { passed, failures } = sumOutcomes(outcomes);
  console.log(`${passed} passed, ${failures.length} failed`);
  return passed > 0 && failures.length === 0 && !stopping.aborted ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
