import { conditionOperators } from "../config/condition_operator.ts";
import type { Config, KeyField } from "../config/model.ts";
import type { SegmentConfig } from "../config/model_segment.ts";
import type { ConfigTestResult, SegmentTestConfig } from "../config/model_test_case.ts";
import { hubKeyExpression, normaliseKey } from "../connector/contact_key.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import { type ColumnHints, makeTestSources } from "../connector/test_sources.ts";
import { throwawayConnectors, type ThrowawayDatabases } from "../connector/throwaway_databases.ts";
import { PerigeeError } from "../error.ts";
import { replaceContacts, sampleKeys } from "../hub/test_contacts.ts";
import { sampleSegment } from "./sample_segment.ts";
import { segmentConnectors } from "./segment_connectors.ts";
import { forEachNode, segmentSources } from "./source_catalog.ts";

/** More members than this, and a case says how many there are instead of who. */
const shownMembers = 10_000;

/**
 * Runs the `tests:` of all segments on throwaway databases, one after the other: makes the tables of
 * their sources with the case's rows, evaluates the segment as of the case's moment, compares.
 * Everything in the databases' contacts and in the tables named like sources is replaced. A case
 * that cannot be run fails with its error; nothing is thrown for what a configuration can cause.
 */
export async function runSegmentTests(
  config: Config,
  databases: ThrowawayDatabases,
  signal: AbortSignal,
): Promise<ConfigTestResult[]> {
  const connectors = throwawayConnectors(config, databases);
  const results: ConfigTestResult[] = [];
  try {
    for (const segment of config.segments.values()) {
      for (const test of segment.tests) {
        signal.throwIfAborted();
        const differences = await runOne(segment, test, { config, databases, connectors, signal });
        const { name, place } = test;
        const subject = `segment/${segment.name}`;
        results.push({ subject, test: name, place, passed: differences.length === 0, differences });
      }
    }
  } finally {
    await connectors.close(1_000);
  }
  return results;
}

interface Place {
  readonly config: Config;
  readonly databases: ThrowawayDatabases;
  readonly connectors: ConnectorRegistry;
  readonly signal: AbortSignal;
}

async function runOne(
  segment: SegmentConfig,
  test: SegmentTestConfig,
  place: Place,
): Promise<string[]> {
  try {
    const field = keyFieldOf(segment, place.config);
    const wanted = new Set(test.members.map((key) => normaliseKey(key, field) ?? key));
    const got = new Set(await evaluate(segment, test, field, place));
    const missing = [...wanted].filter((key) => !got.has(key)).sort();
    const extra = [...got].filter((key) => !wanted.has(key)).sort();
    return [
      ...missing.map((key) => `${key} must be in and is not`),
      ...extra.map((key) => `${key} is in and must not be`),
    ];
  } catch (error) {
    if (!(error instanceof PerigeeError)) throw error;
    return [`it cannot be run: ${error.code} ${error.message}`];
  }
}

/** Contacts of a case are named by the key of the first database that the segment reads. */
function keyFieldOf(segment: SegmentConfig, config: Config): KeyField {
  const [first] = segmentConnectors(segment, config);
  return config.connectors.get(first ?? "")?.key.field ?? { kind: "email" };
}

async function evaluate(
  segment: SegmentConfig,
  test: SegmentTestConfig,
  field: KeyField,
  { config, databases, connectors, signal }: Place,
): Promise<string[]> {
  const written = await makeTestSources(config, connectors, test, hintsOf(segment, config));
  const keys = new Set(written.map((key) => normaliseKey(key, field)));
  keys.delete(undefined);
  const contacts = test.contacts ?? [...keys].map((key) => ({ [keyParameter(field)]: key }));
  await replaceContacts(databases.hub.sql, contacts);
  const deps = { config, hub: databases.hub, hubTarget: databases.hubTarget, connectors };
  const options = { now: test.at, limit: shownMembers, signal };
  const sample = await sampleSegment(segment, deps, options);
  const ids = sample.contacts.map(({ contactId }) => contactId);
  return await sampleKeys(databases.hub.sql, ids, hubKeyExpression(field, "c"));
}

/** The columns that the segment compares, with a type that its operators compare. */
function hintsOf(segment: SegmentConfig, config: Config): ColumnHints {
  const names = [...segmentSources(segment, config)];
  const hints = new Map(names.map((name) => [name, new Map<string, string>()]));
  forEachNode(segment, config, (node) => {
    if (node.kind !== "source") return;
    for (const { column, operator } of node.conditions) {
      const [family] = conditionOperators[operator].fits;
      hints.get(node.source)?.set(column, family === "moment" ? "timestamptz" : "text");
    }
  });
  return hints;
}

function keyParameter(field: KeyField): string {
  if (field.kind === "field") return field.name;
  return field.kind === "phone" ? "sms" : field.kind;
}
