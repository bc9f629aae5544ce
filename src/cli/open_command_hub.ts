import type { Observe } from "../observe/observation.ts";
import { migrateHub, type OpenHub, openHub } from "../open_hub.ts";
import type { CommandIo } from "./command.ts";
import { requireConfig } from "./require_config.ts";

/**
 * Opens the hub for a command, beside a daemon that may be running, and brings its schema up to
 * date. The caller closes it.
 */
export async function openCommandHub(
  folder: string,
  io: CommandIo,
  observe: Observe,
): Promise<OpenHub> {
  const { config } = await requireConfig(folder, io);
  const hub = await openHub(config, { observe, usesRunningCluster: true });
  try {
    await migrateHub(hub.listenTarget, observe);
    return hub;
  } catch (error) {
    await hub.close(0);
    throw error;
  }
}
