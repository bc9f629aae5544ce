import type { Sql, TransactionSql } from "postgres";
import type { ImportConfig } from "../config/model.ts";
import type { ConnectorRegistry } from "../connector/registry.ts";
import { PerigeeError } from "../error.ts";
import { countRejects, moveImportCursor, storeRejects } from "../hub/import_state.ts";
import { requireLease } from "../hub/lease.ts";
import type { RunContext } from "../hub/run.ts";
import type { Counts } from "../observe/observation.ts";
import type { Pool } from "../postgres/pool.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { applyMissing } from "./apply_missing.ts";
import { type Applied, applyRows } from "./apply_rows.ts";
import { checkRows } from "./check_rows.ts";
import type { ImportPlan } from "./plan_import.ts";
import { readThenApply } from "./read_then_apply.ts";
import { extendHistory } from "./source_window.ts";
import { type ImportStart, startImport } from "./start_import.ts";
import { type ImportSides, type ReadMode, stageRows, stageSeenKeys } from "./stage_rows.ts";

/** What importing works with. */
export interface ImportDeps {
  readonly hub: Pool;
  readonly hubTarget: ConnectionTarget;
  readonly connectors: ConnectorRegistry;
  /** The operator agreed that `on_missing` may remove more than a fifth. */
  readonly isConfirmed?: boolean;
}

/**
 * Brings rows of a customer's database into a dataset of the hub. Counts: `read`, `inserted`,
 * `updated`, `unchanged`, `rejected` (rows left out), `dropped` (values left out), `removed`, and
 * `unmatched` (contact keys of other datasets' rows that no contact has) and `linked` (rows of
 * earlier runs whose contact has come since).
 *
 * The source is read in one read-only REPEATABLE READ transaction; rows, rejects and cursor appear
 * in the hub in one transaction that holds the run's lease, so a run that fails at any point, or
 * whose lease was taken over, leaves all of them as they were.
 */
export async function runImport(
  config: ImportConfig,
  context: RunContext,
  deps: ImportDeps,
): Promise<Counts> {
  try {
    return await importOnce(config, context, deps, "typed");
  } catch (error) {
    // Class 22: some value cannot be cast. By way of text it is found and left out alone.
    const isValue = error instanceof PerigeeError && error.sqlstate?.startsWith("22");
    if (!isValue) throw error;
    return await importOnce(config, context, deps, "text");
  }
}

async function importOnce(
  config: ImportConfig,
  context: RunContext,
  deps: ImportDeps,
  mode: ReadMode,
): Promise<Counts> {
  const { connectors, hubTarget } = deps;
  const { signal } = context;
  const key = connectors.require(config.connector).key;
  return await readThenApply({
    connectors,
    connector: config.connector,
    hubTarget,
    signal,
    read: async (source, hub) => {
      const start = await startImport(config, key, source.sql, deps.hub.sql);
      reportFallback(config, start, context);
      const sides = { source, hubSession: await hub, signal };
      const rows = await readRows(config, start, mode, sides, context);
      return { start, rows };
    },
    apply: async ({ sql }, { start, rows }) => {
      const { plan } = start;
      const left = await checkRows(plan, sql, deps.hub.sql, config.defaultCountry, rows);
      await requireLease(sql as unknown as TransactionSql, context.lease);
      const applied = await applyRows(plan, sql, deps.hub.sql, rows - left, true);
      const removed = await applyMissing(config, plan, sql, deps.isConfirmed === true);
      const rejects = await finishImport(start, sql, context);
      reportRejects(plan, rejects, context);
      return countsOf(rows, left + applied.rejected, applied, removed, rejects.values);
    },
  });
}

/** A first run and a mode that says so are no news; anything else that reads everything is. */
function reportFallback(config: ImportConfig, start: ImportStart, context: RunContext): void {
  if (config.mode === "full" || start.window.kind !== "full") return;
  if (start.last === undefined && start.table.windowObstacle === undefined) return;
  const { reason } = start.window;
  context.observe({ kind: "resync_needed", name: context.name, dataset: config.dataset, reason });
}

async function readRows(
  config: ImportConfig,
  start: ImportStart,
  mode: ReadMode,
  sides: ImportSides,
  { name, observe }: RunContext,
): Promise<number> {
  const { plan } = start;
  const readsWholeKeys = !plan.isUnique || (start.last?.hasDuplicates ?? false);
  const selection = {
    window: start.window,
    keysToRetry: start.keysToRetry,
    readsWholeKeys,
    maxRows: config.maxRows,
  };
  const { rows, bytes } = await stageRows(plan, start.table, selection, mode, sides);
  if (config.onMissing !== "keep") await stageSeenKeys(plan, start.table, sides);
  observe({ kind: "rows_moved", name, dataset: plan.dataset.name, rows, bytes });
  return rows;
}

async function finishImport(
  start: ImportStart,
  sql: Sql,
  context: RunContext,
): Promise<{ rows: number; values: number }> {
  const { plan, position, last, table, window } = start;
  const history = window.kind === "full" ? [] : last?.history ?? [];
  const [, rejects, moved] = await Promise.all([
    storeRejects(sql, plan.name, context.runId, window.kind === "full"),
    countRejects(sql),
    moveImportCursor(sql, plan.name, last, {
      fingerprint: plan.fingerprint,
      sourceIdentity: table.identity,
      snapshot: position?.snapshot,
      history: position === undefined ? [] : extendHistory(history, position),
    }),
  ]);
  if (moved) return rejects;
  throw new PerigeeError(`another daemon ran import ${plan.name} meanwhile`, {
    kind: "conflict",
    code: "PG410",
    advice: "Nothing to do: the run is tried again.",
  });
}

function reportRejects(
  plan: ImportPlan,
  rejects: { rows: number; values: number },
  { name, observe }: RunContext,
): void {
  const rows = rejects.rows + rejects.values;
  if (rows === 0) return;
  const reason = "rows or values that nobody can have; perigee.import_rejects lists them";
  observe({ kind: "rows_set_aside", name, dataset: plan.dataset.name, rows, reason });
}

function countsOf(
  read: number,
  rejected: number,
  { inserted, updated, unmatched, linked }: Applied,
  removed: number,
  dropped: number,
): Counts {
  const unchanged = read - rejected - inserted - updated;
  return { read, inserted, updated, unchanged, rejected, dropped, removed, unmatched, linked };
}
