import { systemClock } from "../clock.ts";
import { ConnectorRegistry } from "../connector/registry.ts";
import { nearest } from "../config/spelling.ts";
import { PerigeeError } from "../error.ts";
import type { OpenHub } from "../open_hub.ts";
import type { RunDeps } from "../schedule/jobs.ts";
import { type CommandInput, type CommandIo, configFolder } from "./command.ts";
import { openCommandHub } from "./open_command_hub.ts";

/** What a command works with: the configuration, the hub and the customers' databases. */
export interface Workplace extends RunDeps {
  readonly opened: OpenHub;
  readonly now: Date;
}

/** Opens what a command needs beside a running daemon, and closes it whatever happens. */
export async function withWorkplace<T>(
  input: CommandInput,
  io: CommandIo,
  work: (place: Workplace) => Promise<T>,
): Promise<T> {
  const opened = await openCommandHub(configFolder(input, io), io, () => {});
  const { config } = opened;
  const connectors = new ConnectorRegistry(config.connectors);
  const now = systemClock.now();
  try {
    return await work({
      config,
      connectors,
      hub: opened.pool,
      hubTarget: opened.target,
      opened,
      now,
    });
  } finally {
    await connectors.close(1_000);
    await opened.close(1_000);
  }
}

/**
 * The entry that the command's only word names, as `name` or `kind/name`. Throws PG921 without a
 * word, and PG922 for one that the configuration does not have, with the names that it has.
 */
export function requireEntry<T>(
  input: CommandInput,
  kind: string,
  entries: ReadonlyMap<string, T>,
): T {
  const [word, ...more] = input.positionals;
  if (word === undefined || more.length > 0) {
    throw usage(`this takes one name, such as ${kind}/${[...entries.keys()][0] ?? "name"}`);
  }
  return requireNamed(word, kind, entries);
}

/** The entry of that name; as `requireEntry`, for a word that stands elsewhere. */
export function requireNamed<T>(word: string, kind: string, entries: ReadonlyMap<string, T>): T {
  const name = word.startsWith(`${kind}/`) ? word.slice(kind.length + 1) : word;
  const found = entries.get(name);
  if (found !== undefined) return found;
  const known = [...entries.keys()];
  const meant = nearest(name, known);
  throw new PerigeeError(`the configuration has no ${kind} ${name}`, {
    kind: "usage",
    code: "PG922",
    advice: `${meant === undefined ? "" : `Did you mean ${meant}? `}Known are: ${
      known.join(", ") || "none"
    }.`,
  });
}

/** An error for words that a command cannot use. */
export function usage(message: string): PerigeeError {
  return new PerigeeError(message, {
    kind: "usage",
    code: "PG921",
    advice: "The command's --help shows its options and examples.",
  });
}

/** Whether the command was asked for machine-readable output. */
export function isJson(input: CommandInput): boolean {
  return input.values["json"] === true;
}

/** The text of a string option, or undefined where it was not given. */
export function textOption(input: CommandInput, name: string): string | undefined {
  const value = input.values[name];
  return typeof value === "string" ? value : undefined;
}

/** A moment given as ISO 8601 text. Throws PG921 for anything else. */
export function momentOption(input: CommandInput, name: string): Date | undefined {
  const text = textOption(input, name);
  if (text === undefined) return undefined;
  const moment = new Date(text);
  if (!Number.isNaN(moment.getTime()) && /^\d{4}-\d{2}-\d{2}/.test(text)) return moment;
  throw usage(`--${name} wants a moment such as 2026-05-01T09:00:00Z, not ${text}`);
}

/** A whole number above zero. Throws PG921 for anything else. */
export function numberOption(input: CommandInput, name: string): number | undefined {
  const text = textOption(input, name);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,12}$/.test(text)) return Number(text);
  throw usage(`--${name} wants a whole number above zero, not ${text}`);
}
