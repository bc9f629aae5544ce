import { systemClock } from "../clock.ts";
import { loadConfig } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { secretsOf } from "../config/secrets.ts";
import { ConnectorRegistry } from "../connector/registry.ts";
import { PerigeeError } from "../error.ts";
import { hubTarget } from "../hub/hub_target.ts";
import { createRenderer } from "../message/renderer.ts";
import { isLogLevel, openLog } from "../observe/log.ts";
import { openPool } from "../postgres/pool.ts";
import { runtimeName } from "../runtime.ts";
import { readVersion } from "../version.ts";
import { createApp, type Peer } from "./app.ts";
import { httpCodes } from "./codes.ts";
import { RenderHealth } from "./render_health.ts";

/** The render-only server. */
export interface EdgeApp {
  fetch(request: Request, peer: Peer): Response | Promise<Response>;
  /** Ends its pools; what runs gets `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

/**
 * Renders and health, without schedules, deliveries or migrations: any number of these may run
 * beside daemons on the same hub and the same configuration, which is read from the folder
 * `PERIGEE_CONFIG` (`config`). The platform decides the address, so without tokens everything but
 * live and ready is refused. Throws PG913 with every problem of the configuration, or when the
 * configuration has no address for the hub; opens no connection yet.
 */
export async function openEdgeApp(
  env: Readonly<Record<string, string | undefined>>,
): Promise<EdgeApp> {
  const folder = env["PERIGEE_CONFIG"] ?? "config";
  const loaded = await loadConfig(folder, { env });
  if (!loaded.ok) {
    const problems = loaded.problems.map((problem) => formatProblem(problem, { colour: false }));
    throw refuseConfig(`the configuration in ${folder} cannot be used:\n${problems.join("\n")}`);
  }
  const { config } = loaded;
  if (config.hub.address === undefined) {
    throw refuseConfig(
      `the configuration in ${folder} has no hub.url, which a render server needs`,
    );
  }
  const level = env["PERIGEE_LOG_LEVEL"];
  const observe = openLog({
    isTerminal: false,
    secrets: secretsOf(config),
    ...(isLogLevel(level) ? { level } : {}),
  });
  const clock = systemClock;
  const connectors = new ConnectorRegistry(config.connectors);
  const hub = openPool(hubTarget(config, config.hub.address), { max: config.hub.poolSize });
  const renderer = createRenderer({ config, hub, connectors, clock, observe });
  const version = await readVersion();
  const health = new RenderHealth({ renderer, connectors, clock, version, runtime: runtimeName() });
  // An address that nobody takes for loopback: see `createTokenCheck`.
  const server = { ...config.server, host: "0.0.0.0" };
  const app = createApp({ server, health, renderer, clock, observe });
  return {
    fetch: (request, peer) => app.fetch(request, peer),
    async close(timeoutMs) {
      await Promise.all([connectors.close(timeoutMs), hub.close(timeoutMs)]);
    },
  };
}

function refuseConfig(message: string): PerigeeError {
  return new PerigeeError(message, {
    kind: "config",
    code: "PG913",
    advice: httpCodes.PG913.advice,
  });
}
