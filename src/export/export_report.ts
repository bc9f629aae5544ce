import type { ExportConfig } from "../config/model.ts";
import type { DatasetName } from "../dataset/datasets.ts";
import { PerigeeError } from "../error.ts";
import type { RunContext } from "../hub/run.ts";
import type { Counts } from "../observe/observation.ts";
import type { TableCounts } from "./table_run.ts";
import type { TablePlan } from "./write_table.ts";

/** Sums what happened to the tables of one run. */
export class Tally {
  inProgress = 0;
  #sums: Record<string, number> = {
    datasets: 0,
    read: 0,
    written: 0,
    deleted: 0,
    truncated: 0,
    rejected: 0,
  };

  add({ bytes: _, ...counts }: TableCounts): void {
    const more: Record<string, number> = { datasets: 1, ...counts };
    for (const [name, value] of Object.entries(more)) {
      this.#sums[name] = (this.#sums[name] ?? 0) + value;
    }
  }

  get counts(): Counts {
    return { ...this.#sums, inProgress: this.inProgress };
  }
}

/** Tells what was written for one table, and what it refused. */
export function observeTable(
  { name, observe }: RunContext,
  { next: { dataset } }: TablePlan,
  counts: TableCounts,
): void {
  const { written, deleted, bytes } = counts;
  observe({ kind: "rows_moved", name, dataset, rows: written + deleted, bytes });
  if (counts.rejected === 0) return;
  const reason = "the customer's table refused them; perigee_rejects lists their keys";
  observe({ kind: "rows_set_aside", name, dataset, rows: counts.rejected, reason });
}

/** Throws PG510 that names every dataset that stopped, with what to do for each. */
export function throwIfStopped(
  config: ExportConfig,
  context: RunContext,
  stopped: ReadonlyMap<DatasetName, PerigeeError>,
): void {
  const [first] = stopped.values();
  if (first === undefined) return;
  for (const [dataset, error] of stopped) {
    context.observe({ kind: "dataset_stopped", name: context.name, dataset, error });
  }
  const list = [...stopped].map(([dataset, error]) => `${dataset} (${error.message})`).join("; ");
  throw new PerigeeError(
    `Export ${config.name}: ${stopped.size} of ${config.datasets.length} datasets stopped: ${list}`,
    {
      kind: first.kind,
      code: "PG510",
      sqlstate: first.sqlstate,
      cause: first,
      advice: [...new Set([...stopped.values()].map(({ advice }) => advice))].join(" "),
    },
  );
}
