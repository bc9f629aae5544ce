import type { AddressConfig, Config, KeyField } from "../config/model.ts";
import type { SegmentConfig } from "../config/model_segment.ts";
import { hubKeyExpression, normaliseKey } from "../connector/contact_key.ts";
import { ConnectorRegistry } from "../connector/registry.ts";
import { PerigeeError } from "../error.ts";
import { replaceContacts, sampleKeys } from "../hub/test_contacts.ts";
import type { Pool } from "../postgres/pool.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { type ConfigTestCase, parseConfigTest } from "./config_test_case.ts";
import { createTestSource } from "./test_source.ts";
import { sampleSegment } from "./sample_segment.ts";
import { segmentConnectors } from "./segment_connectors.ts";
import { segmentSources } from "./source_catalog.ts";

/** Databases that the tests may fill and empty: nothing of value is in them. */
export interface ThrowawayDatabases {
  /** A migrated hub. */
  readonly hub: Pool;
  readonly hubTarget: ConnectionTarget;
  /** An empty database for each connector, by name. */
  readonly customers: ReadonlyMap<string, AddressConfig>;
}

/** How one case ended. `got` and `wanted` are contact keys in order. */
export interface ConfigTestResult {
  readonly segment: string;
  readonly test: string;
  readonly passed: boolean;
  readonly wanted: readonly string[];
  readonly got: readonly string[];
  /** Why the case could not be run. */
  readonly error: PerigeeError | undefined;
}

/**
 * Runs the `tests:` of all segments on throwaway databases, one after the other: makes the tables of
 * their sources with the case's rows, evaluates the segment as of the case's moment, compares.
 * Everything in the databases' contacts and in the tables named like sources is replaced. A case
 * that cannot be run fails with its error; nothing is thrown for what a configuration can cause.
 */
export async function runConfigTests(
  config: Config,
  databases: ThrowawayDatabases,
  signal: AbortSignal,
): Promise<ConfigTestResult[]> {
  const connectors = new ConnectorRegistry(
    new Map([...config.connectors].map(([name, connector]) => {
      const address = databases.customers.get(name) ?? connector.address;
      return [name, { ...connector, address, directAddress: undefined, replicaAddress: undefined }];
    })),
  );
  const results: ConfigTestResult[] = [];
  try {
    for (const segment of config.segments.values()) {
      for (const [index, given] of segment.tests.entries()) {
        const place = { config, databases, connectors, signal };
        results.push(await runOne(segment, given, index, place));
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
  given: unknown,
  index: number,
  place: Place,
): Promise<ConfigTestResult> {
  const result = { segment: segment.name, test: `${index + 1}`, wanted: [], got: [] };
  try {
    const test = parseConfigTest(given, segment.name, index);
    const field = keyFieldOf(segment, place.config);
    const wanted = test.members.map((key) => normaliseKey(key, field) ?? key).sort();
    const got = await evaluate(segment, test, field, place);
    const passed = JSON.stringify(got) === JSON.stringify(wanted);
    return { ...result, test: test.name, passed, wanted, got, error: undefined };
  } catch (error) {
    if (!(error instanceof PerigeeError)) throw error;
    return { ...result, passed: false, error };
  }
}

/** Contacts of a case are named by the key of the first database that the segment reads. */
function keyFieldOf(segment: SegmentConfig, config: Config): KeyField {
  const [first] = segmentConnectors(segment, config);
  return config.connectors.get(first ?? "")?.key.field ?? { kind: "email" };
}

async function evaluate(
  segment: SegmentConfig,
  test: ConfigTestCase,
  field: KeyField,
  { config, databases, connectors, signal }: Place,
): Promise<string[]> {
  const keys = new Set<string>();
  const names = new Set([...segmentSources(segment, config), ...test.rows.keys()]);
  for (const name of names) {
    const source = config.sources.get(name);
    if (source === undefined) throw unknownSource(name, segment.name);
    const { column } = connectors.require(source.connector).key;
    const rows = test.rows.get(name) ?? [];
    await createTestSource(connectors, source, {
      rows,
      types: test.types.get(name) ?? {},
      keyColumn: column,
      segment,
      config,
    });
    for (const row of rows) {
      const key = row[column] === null || row[column] === undefined
        ? undefined
        : normaliseKey(String(row[column]), field);
      if (key !== undefined) keys.add(key);
    }
  }
  const contacts = test.contacts ?? [...keys].map((key) => ({ [keyParameter(field)]: key }));
  await replaceContacts(databases.hub.sql, contacts);
  const deps = { config, hub: databases.hub, hubTarget: databases.hubTarget, connectors };
  const options = { now: test.at, limit: 10_000, signal };
  const sample = await sampleSegment(segment, deps, options);
  const ids = sample.contacts.map(({ contactId }) => contactId);
  return (await sampleKeys(databases.hub.sql, ids, hubKeyExpression(field, "c"))).sort();
}

function keyParameter(field: KeyField): string {
  if (field.kind === "field") return field.name;
  return field.kind === "phone" ? "sms" : field.kind;
}

function unknownSource(name: string, segment: string): PerigeeError {
  return new PerigeeError(`a test of segment ${segment} has rows of ${name}, which is no source`, {
    kind: "config",
    code: "PG626",
    advice: "Name a source of the configuration.",
  });
}
