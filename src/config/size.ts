const units: ReadonlyMap<string, number> = new Map([
  ["b", 1],
  ["kb", 1 << 10],
  ["kib", 1 << 10],
  ["mb", 1 << 20],
  ["mib", 1 << 20],
  ["gb", 1 << 30],
  ["gib", 1 << 30],
]);

/**
 * Reads `512KB`, `64MB`, `1.5 GB` as whole bytes. Units are powers of 1024, as in Postgres'
 * settings, in any case; one is required. Undefined when the text is none.
 */
export function parseSize(text: string): number | undefined {
  const found = /^(\d{1,15}(?:\.\d{1,9})?) ?([kmg]?i?b)$/i.exec(text.trim());
  const unit = units.get((found?.[2] ?? "").toLowerCase());
  if (found === null || unit === undefined) return undefined;
  const bytes = Math.round(Number(found[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Bytes as the shortest text that `parseSize` reads back: 67108864 → `64MB`. */
export function formatSize(bytes: number): string {
  for (const [name, unit] of [["GB", 1 << 30], ["MB", 1 << 20], ["KB", 1 << 10]] as const) {
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit}${name}`;
  }
  return `${bytes}B`;
}
