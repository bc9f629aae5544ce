import { createHash } from "node:crypto";

/** Where something stands in a file is not what it means. */
const placeKeys = new Set(["place", "path", "hash"]);

function canonicalEntries(entries: Iterable<readonly [string, unknown]>): string {
  const parts = [...entries]
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${JSON.stringify(key)}:${canonicalText(value)}`)
    .sort();
  return `{${parts.join(",")}}`;
}

/**
 * One text per meaning: the order of keys and of a map's names does not count, nor where something
 * is written; undefined is the same as absent.
 */
export function canonicalText(value: unknown): string {
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (value instanceof Map) return canonicalEntries(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (typeof value === "number" && !Number.isFinite(value)) return `"number ${value}"`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  return canonicalEntries(Object.entries(value).filter(([key]) => !placeKeys.has(key)));
}

/** Hex SHA-256 over the meaning of a configuration. */
export function hashConfig(config: unknown): string {
  return createHash("sha256").update(canonicalText(config)).digest("hex");
}
