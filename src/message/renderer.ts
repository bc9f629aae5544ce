import type { Clock } from "../clock.ts";
import type { Config } from "../config/model.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import type { Observe } from "../observe/observation.ts";
import type { Pool } from "../postgres/pool.ts";
import { type CompiledMessages, compileMessages } from "./compile_messages.ts";
import { SourceReader } from "./source_reader.ts";

/** What renders need: one for each configuration, shared by HTTP and commands. */
export interface Renderer {
  readonly config: Config;
  readonly messages: CompiledMessages;
  readonly hub: Pool;
  readonly sources: SourceReader;
  readonly clock: Clock;
  readonly observe: Observe;
}

/**
 * Compiles the configuration's messages and puts together what renders need. Opens nothing and
 * never throws; broken templates are in `messages.faults`. A reload makes a new one.
 */
export function createRenderer(deps: {
  readonly config: Config;
  readonly hub: Pool;
  readonly connectors: ConnectorRegistry;
  readonly clock: Clock;
  readonly observe: Observe;
}): Renderer {
  const { config, hub, clock, observe } = deps;
  const messages = compileMessages(config);
  return { config, messages, hub, sources: new SourceReader(deps), clock, observe };
}
