import type { Sql } from "postgres";
import type { ImportConfig, KeyField } from "../config/model.ts";
import { findImportCursor, findKeysToRetry, type ImportCursor } from "../hub/import_state.ts";
import { type ImportPlan, planImport } from "./plan_import.ts";
import { loadSourceTable, type SourceTable } from "./source_table.ts";
import {
  planWindow,
  readPosition,
  type SourcePosition,
  type SourceWindow,
} from "./source_window.ts";

/** What a run knows before it reads. */
export interface ImportStart {
  readonly table: SourceTable;
  readonly plan: ImportPlan;
  readonly last: ImportCursor | undefined;
  readonly position: SourcePosition | undefined;
  readonly window: SourceWindow;
  readonly keysToRetry: readonly string[];
}

/** More keys than this to read again beside what changed, and everything is compared instead. */
const retriedKeys = 1_000;

/**
 * Decides what a run reads: what changed since the last one, or everything and why. Reads the
 * source's position in the transaction in which its rows will be read, and the hub's side of it
 * outside the run's transaction: another daemon that moves the cursor meanwhile is found when this
 * one moves it. Throws what `loadSourceTable` and `planImport` throw.
 */
export async function startImport(
  config: ImportConfig,
  key: { readonly column: string; readonly field: KeyField },
  source: Sql,
  hub: Sql,
): Promise<ImportStart> {
  const [table, last, keysToRetry] = await Promise.all([
    loadSourceTable(source, config.from, config.name),
    findImportCursor(hub, config.name),
    findKeysToRetry(hub, config.name, retriedKeys),
  ]);
  const plan = planImport(config, key, table);
  const position = table.windowObstacle === undefined
    ? await readPosition(source, table, config.cursor?.column)
    : undefined;
  const start = { table, plan, last, position };
  const full = (reason: string): ImportStart => ({
    ...start,
    window: { kind: "full", reason },
    keysToRetry: [],
  });
  if (config.mode === "full") return full("the import's mode is full");
  if (position === undefined) return full(table.windowObstacle ?? "");
  const window = planWindow(table, position, last, plan.fingerprint, config.cursor);
  if (keysToRetry === undefined) {
    return full("too many rows were rejected and wait for another try");
  }
  return { ...start, window, keysToRetry };
}
