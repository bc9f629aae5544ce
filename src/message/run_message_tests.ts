import type { Config, KeyField } from "../config/model.ts";
import type { MessageConfig } from "../config/model_message.ts";
import type { ConfigTestResult, MessageTestConfig } from "../config/model_test_case.ts";
import { normaliseKey } from "../connector/contact_key.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import { makeTestSources } from "../connector/test_sources.ts";
import { throwawayConnectors, type ThrowawayDatabases } from "../connector/throwaway_databases.ts";
import { PerigeeError } from "../error.ts";
import { replaceContacts } from "../hub/test_contacts.ts";
import { renderMessage } from "./render_message.ts";
import { createRenderer, type Renderer } from "./renderer.ts";
import { SourceReader } from "./source_reader.ts";

/** What running cases works with. */
interface Place {
  readonly config: Config;
  readonly databases: ThrowawayDatabases;
  readonly connectors: ConnectorRegistry;
  readonly renderer: Renderer;
}

/**
 * Runs the `tests:` of all messages on throwaway databases, one after the other: makes the tables of
 * their sources with the case's rows and the contact, renders as of the case's moment, compares.
 * Everything in the databases' contacts and in the tables named like sources is replaced. A case
 * that cannot be run fails with its error; nothing is thrown for what a configuration can cause.
 */
export async function runMessageTests(
  config: Config,
  databases: ThrowawayDatabases,
  signal: AbortSignal,
): Promise<ConfigTestResult[]> {
  const connectors = throwawayConnectors(config, databases);
  const clock = { now: () => new Date(0), sleep: () => Promise.resolve() };
  const deps = { config, hub: databases.hub, connectors, clock, observe: () => {} };
  const place = { config, databases, connectors, renderer: createRenderer(deps) };
  const results: ConfigTestResult[] = [];
  try {
    for (const message of config.messages.values()) {
      for (const test of message.tests) {
        signal.throwIfAborted();
        const differences = await runOne(message, test, place);
        const { name, place: written } = test;
        const passed = differences.length === 0;
        const subject = `message/${message.name}`;
        results.push({ subject, test: name, place: written, passed, differences });
      }
    }
  } finally {
    await connectors.close(1_000);
  }
  return results;
}

async function runOne(
  message: MessageConfig,
  test: MessageTestConfig,
  place: Place,
): Promise<string[]> {
  try {
    const parts = await render(message, test, place);
    if (test.error !== undefined) return [`it must end with ${test.error} and is rendered`];
    return test.expected.flatMap((wanted) => compare(wanted, parts[wanted.part]));
  } catch (error) {
    if (!(error instanceof PerigeeError)) throw error;
    if (error.code === test.error) return [];
    const wanted = test.error === undefined
      ? "it cannot be rendered"
      : `it must end with ${test.error}`;
    return [`${wanted}: ${error.code} ${error.message}`];
  }
}

async function render(
  message: MessageConfig,
  test: MessageTestConfig,
  { config, databases, connectors, renderer }: Place,
): Promise<Readonly<Record<string, string>>> {
  const compiled = renderer.messages.require(message.name);
  const hints = new Map(compiled.sources.map((source) => [source, new Map<string, string>()]));
  const [firstKey] = await makeTestSources(config, connectors, test, hints);
  const field = keyFieldOf([...test.rows.keys(), ...compiled.sources], config);
  const key = firstKey === undefined ? undefined : normaliseKey(firstKey, field);
  const own = key === undefined ? {} : { [keyParameter(field)]: key };
  const contact: Readonly<Record<string, unknown>> = { contactId: 1, ...own, ...test.contact };
  await replaceContacts(databases.hub.sql, [contact]);
  const clock = { ...renderer.clock, now: () => test.at };
  // Nothing that is known of the tables of the case before.
  const sources = new SourceReader({ config, connectors, clock });
  const { parts } = await renderMessage({ ...renderer, sources, clock }, {
    message: compiled,
    contact: { kind: "contactId", value: String(contact["contactId"]) },
    at: test.at,
  });
  return parts;
}

/** The contact has the key of the first source that the case has rows for, or the message reads. */
function keyFieldOf(sources: readonly string[], config: Config): KeyField {
  const [first] = sources;
  const connector = config.sources.get(first ?? "")?.connector;
  return config.connectors.get(connector ?? "")?.key.field ?? { kind: "email" };
}

function keyParameter(field: KeyField): string {
  if (field.kind === "field") return field.name;
  return field.kind === "phone" ? "sms" : field.kind;
}

/** What of a part is otherwise than expected, in plain words. */
function compare(
  wanted: MessageTestConfig["expected"][number],
  got: string | undefined,
): string[] {
  const { part, text, contains, lacks } = wanted;
  if (got === undefined) return [`the message has no ${part}`];
  const problems = [
    ...contains.filter((piece) => !got.includes(piece)).map((piece) => `lacks ${quote(piece)}`),
    ...lacks.filter((piece) => got.includes(piece)).map((piece) => `contains ${quote(piece)}`),
    ...(text === undefined || text === got ? [] : [firstDifference(text, got)]),
  ];
  return problems.map((problem) => `${part} ${problem}`);
}

function firstDifference(wanted: string, got: string): string {
  const [wantedLines, gotLines] = [wanted.split("\n"), got.split("\n")];
  const at = wantedLines.findIndex((line, index) => line !== gotLines[index]);
  const index = at < 0 ? wantedLines.length : at;
  const where = wantedLines.length === 1 && gotLines.length === 1 ? "" : `line ${index + 1} `;
  const shown = (lines: readonly string[]) =>
    lines[index] === undefined ? "ends before it" : `is ${quote(lines[index])}`;
  const asked = wantedLines[index] === undefined
    ? "must not be there"
    : `must be ${quote(wantedLines[index])}`;
  return `${where}${shown(gotLines)} and ${asked}`;
}

/** Longest piece of a text that a difference shows, in characters. */
const shownLength = 200;

function quote(text: string): string {
  const isLong = text.length > shownLength;
  return JSON.stringify(isLong ? `${text.slice(0, shownLength)}…` : text);
}
