import type { Config } from "../config/model.ts";
import type { MessageConfig } from "../config/model_message.ts";
import { PerigeeError } from "../error.ts";
import { messageCodes } from "./codes.ts";
import { compilePerigeeTemplate } from "./perigee_engine.ts";
import type { CompiledTemplate } from "./template_engine.ts";
import { compileVelocityjsTemplate } from "./velocityjs_engine.ts";

/** Parts of a message, in the order in which they are rendered and answered. */
export type PartName = MessageConfig["parts"][number]["part"];

/** A message that is ready to render, or broken in one of its parts. */
export interface CompiledMessage {
  readonly config: MessageConfig;
  /** Absent parts are those that the message does not have, or that do not compile. */
  readonly parts: ReadonlyMap<PartName, CompiledTemplate>;
  /** What does not compile: kind `template`, PG801, each with its place. Empty when all is well. */
  readonly faults: readonly PerigeeError[];
  /** Sources whose rows a render needs: those listed, and those that a template reads by name. */
  readonly sources: readonly string[];
  /** Of those, the ones that templates read by name, which an event's rows answer to as well. */
  readonly readByName: ReadonlySet<string>;
}

/** All messages of one configuration. Immutable: a reload compiles anew. */
export interface CompiledMessages {
  /** Every fault of every message, for the log and for `perigee check`. */
  readonly faults: readonly PerigeeError[];
  readonly all: readonly CompiledMessage[];
  /** By name, or by numeric id. Throws PG804 when there is none. */
  require(nameOrId: string): CompiledMessage;
}

/**
 * Compiles every template of the configuration once. Never throws: what does not compile is a fault
 * of that message alone, which its renders throw.
 */
export function compileMessages(config: Config): CompiledMessages {
  const all = [...config.messages.values()].map((message) => compileMessage(config, message));
  const byName = new Map(all.map((message) => [message.config.name, message]));
  const byId = new Map(all.map((message) => [String(message.config.id), message]));
  return {
    all,
    faults: all.flatMap(({ faults }) => faults),
    require(nameOrId) {
      const message = byName.get(nameOrId) ?? byId.get(nameOrId);
      if (message !== undefined) return message;
      throw new PerigeeError("there is no message of that name or id", {
        kind: "not_found",
        code: "PG804",
        advice: messageCodes.PG804.advice,
      });
    },
  };
}

/** Compiles one message. Never throws; see `faults`. */
export function compileMessage(config: Config, message: MessageConfig): CompiledMessage {
  const parts = new Map<PartName, CompiledTemplate>();
  const faults: PerigeeError[] = [];
  const compile = message.engine === "velocityjs"
    ? compileVelocityjsTemplate
    : compilePerigeeTemplate;
  for (const { part, template, path } of message.parts) {
    try {
      parts.set(part, compile({ config, message, part, template, path }));
    } catch (error) {
      if (!(error instanceof PerigeeError)) throw error;
      faults.push(error);
    }
  }
  const listed = message.sources.map(({ source }) => source);
  const readByName = new Set([...parts.values()].flatMap(({ references }) => {
    const read = references?.sources.map(({ name }) => name) ?? listed;
    return read.filter((name) => config.sources.has(name));
  }));
  return {
    config: message,
    parts,
    faults,
    sources: [...new Set([...listed, ...readByName])],
    readByName,
  };
}

/** What it takes to compile one part. */
export interface TemplateInput {
  readonly config: Config;
  readonly message: MessageConfig;
  readonly part: PartName;
  readonly template: string;
  /** What errors name. */
  readonly path: string;
}
