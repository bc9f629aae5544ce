import type { ExportConfig } from "../config/model.ts";
import type { DatasetName } from "../dataset/datasets.ts";

/** Datasets that are committed together whatever each of them needs. */
export const inseparable: readonly DatasetName[] = ["orderItems", "orders"];

/**
 * The export of one of its datasets alone. An order and its items stay together where the export
 * has both, because nobody must see the one without the other.
 */
export function narrowExport(config: ExportConfig, dataset: DatasetName): ExportConfig {
  const wanted = inseparable.includes(dataset) ? inseparable : [dataset];
  return { ...config, datasets: config.datasets.filter((name) => wanted.includes(name)) };
}
