import type { Config } from "../config/model.ts";

/** `max_staleness` of everything that has one, in ms by name (`export/shop`). Pure. */
export function stalenessLimits(config: Config): Map<string, number> {
  const limits = new Map<string, number>();
  const kinds = [
    ["import", config.imports],
    ["segment", config.segments],
    ["export", config.exports],
  ] as const;
  for (const [kind, entries] of kinds) {
    for (const { name, maxStalenessMs } of entries.values()) {
      if (maxStalenessMs !== undefined) limits.set(`${kind}/${name}`, maxStalenessMs);
    }
  }
  return limits;
}
