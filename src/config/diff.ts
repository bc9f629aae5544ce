import { canonicalText } from "./hash.ts";
import type { Config } from "./model.ts";

/** What a reload changes, as sorted `kind/name`; single sections are named alone (`server`). */
export interface ConfigDiff {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

const kinds = {
  connectors: "connector",
  sources: "source",
  imports: "import",
  segments: "segment",
  sinks: "sink",
  triggers: "trigger",
  messages: "message",
  templates: "template",
  exports: "export",
} as const;

const singles = [
  "hub",
  "timezone",
  "server",
  "render",
  "routes",
  "alerts",
  "retention",
] as const;

function meaningsOf(config: Config): Map<string, string> {
  const meanings = new Map<string, string>(
    singles.map((name) => [name, canonicalText(config[name])]),
  );
  for (const section of Object.keys(kinds) as (keyof typeof kinds)[]) {
    for (const [name, value] of config[section]) {
      meanings.set(`${kinds[section]}/${name}`, canonicalText(value));
    }
  }
  return meanings;
}

/** Compares meanings: moving something to another line or file is no change. */
export function diffConfig(before: Config, after: Config): ConfigDiff {
  const [old, fresh] = [meaningsOf(before), meaningsOf(after)];
  const names = [...new Set([...old.keys(), ...fresh.keys()])].sort();
  return {
    added: names.filter((name) => !old.has(name)),
    changed: names.filter((name) =>
      old.has(name) && fresh.has(name) && old.get(name) !== fresh.get(name)
    ),
    removed: names.filter((name) => !fresh.has(name)),
  };
}
