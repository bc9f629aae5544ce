import type { ImportConfig } from "../config/model.ts";
import { findImportCursor, findKeysToRetry, type ImportCursor } from "../hub/import_state.ts";
import type { ImportPlan } from "./plan_import.ts";
import type { SourceTable } from "./source_table.ts";
import {
  planWindow,
  readPosition,
  type SourcePosition,
  type SourceWindow,
} from "./source_window.ts";
import type { ImportSides } from "./stage_rows.ts";

/** What a run knows before it reads. */
export interface ImportStart {
  readonly table: SourceTable;
  readonly last: ImportCursor | undefined;
  readonly position: SourcePosition | undefined;
  readonly window: SourceWindow;
  readonly keysToRetry: readonly string[];
}

/** More keys than this to read again beside what changed, and everything is compared instead. */
const retriedKeys = 1_000;

/**
 * Decides what a run reads: what changed since the last one, or everything and why. Reads the
 * source's position in the transaction in which its rows will be read.
 */
export async function startImport(
  config: ImportConfig,
  plan: ImportPlan,
  table: SourceTable,
  { source, hubSession }: ImportSides,
): Promise<ImportStart> {
  const { sql } = hubSession;
  const hasWindow = table.windowObstacle === undefined;
  const [last, position, keysToRetry] = await Promise.all([
    findImportCursor(sql, plan.name),
    hasWindow ? readPosition(source.sql, table, config.cursor?.column) : undefined,
    findKeysToRetry(sql, plan.name, retriedKeys),
  ]);
  const start = { table, last, position };
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
