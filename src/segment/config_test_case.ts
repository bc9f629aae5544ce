import { PerigeeError } from "../error.ts";

/** One case of a segment's `tests:`: given these rows and this moment, these contacts are in. */
export interface ConfigTestCase {
  readonly name: string;
  /** The moment that is now. */
  readonly at: Date;
  /** Rows by source name, values by column. */
  readonly rows: ReadonlyMap<string, readonly Record<string, unknown>[]>;
  /** Types of columns by source name, where the values do not tell. */
  readonly types: ReadonlyMap<string, Record<string, unknown>>;
  /** Contacts by documented parameter; undefined is one contact for each key among the rows. */
  readonly contacts: readonly Record<string, unknown>[] | undefined;
  /** Keys of the contacts that must be in, and no others. */
  readonly members: readonly string[];
}

const keys = new Set(["name", "at", "rows", "types", "contacts", "members"]);

/** Reads one case as the configuration has it. Throws PG626 that names the case and what is wrong. */
export function parseConfigTest(given: unknown, segment: string, index: number): ConfigTestCase {
  const label = `test ${index + 1} of segment ${segment}`;
  if (!isRecord(given)) throw refuse(label, "a mapping with at, rows and members");
  const unknown = Object.keys(given).find((key) => !keys.has(key));
  if (unknown !== undefined) {
    throw refuse(label, `no key ${unknown}; it has ${[...keys].join(", ")}`);
  }
  const at = new Date(typeof given["at"] === "string" ? given["at"] : Number.NaN);
  const hasOffset = /(?:Z|[+-]\d\d:?\d\d)$/.test(String(given["at"]));
  if (Number.isNaN(at.getTime()) || !hasOffset) {
    throw refuse(label, "`at`, a moment with its offset such as 2026-09-02T09:00:00+03:00");
  }
  const members = given["members"];
  if (!Array.isArray(members)) throw refuse(label, "`members`, a list of contact keys");
  const rows = Object.entries(requireRecord(given["rows"] ?? {}, label, "rows"))
    .map(([source, list]) => [source, requireRecords(list, label, `rows of ${source}`)] as const);
  const types = Object.entries(requireRecord(given["types"] ?? {}, label, "types"))
    .map(([source, each]) => [source, requireRecord(each, label, `types of ${source}`)] as const);
  return {
    name: typeof given["name"] === "string" ? given["name"] : `${index + 1}`,
    at,
    rows: new Map(rows),
    types: new Map(types),
    contacts: given["contacts"] === undefined
      ? undefined
      : requireRecords(given["contacts"], label, "contacts"),
    members: members.map(String),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function requireRecord(value: unknown, label: string, what: string): Record<string, unknown> {
  if (isRecord(value)) return value;
  throw refuse(label, `${what} as a mapping`);
}

function requireRecords(
  value: unknown,
  label: string,
  what: string,
): Record<string, unknown>[] {
  if (Array.isArray(value) && value.every(isRecord)) return value;
  throw refuse(label, `${what} as a list of mappings`);
}

function refuse(label: string, wanted: string): PerigeeError {
  return new PerigeeError(`${label} is malformed: it wants ${wanted}`, {
    kind: "config",
    code: "PG626",
    advice: "docs/segments.md shows how tests are written.",
  });
}
