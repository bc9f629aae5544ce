import { Buffer } from "node:buffer";
import { PerigeeError } from "../error.ts";
import {
  allRowsQuery,
  jsonRowsQuery,
  truncatedInAllQuery,
  truncatedInWindowQuery,
  windowRowsQuery,
} from "../hub/dataset_rows.ts";
import { describeFailure, retryPolicy } from "../postgres/failure.ts";
import { type Applied, applyRows } from "./apply_rows.ts";
import { measureWindow } from "./export_window.ts";
import { place } from "./fit_table.ts";
import { clearAllRejects, noteReject, unholdableState } from "./rejects.ts";
import { createTableStatements, primaryKeyStatement } from "./table_ddl.ts";
import { estimateRows, rowQuery, type TableCounts, type TableRun } from "./table_run.ts";
import { deleteMissingStatement, jsonRowSet, stagingTable } from "./write_statements.ts";

/** A row on its way: key and row as JSON text that the hub made. */
interface TextRow {
  readonly key: string;
  readonly row: string;
}

/** Rows that are tried in one statement. Twice as many pass through memory, half cost more trips. */
const pieceSize = 500;

/**
 * More refused rows than this in one run mean that the table is wrong and not the rows: the dataset
 * stops instead of filling perigee_rejects. Twice as many cost minutes of bisecting first.
 */
const maxRejects = 1_000;

/**
 * As `exportWindow`, `compareTable` and `loadTable` do, but for rows of which some are refused: goes
 * piece by piece, halves a piece that fails until the refused rows stand alone, notes those, and
 * writes the rest. Throws PG514 when too many are refused, and any error that is not about a row.
 */
export async function applyCarefully(
  run: TableRun,
  work: { readonly kind: "load" | "full" } | { readonly kind: "window"; readonly snapshot: string },
): Promise<TableCounts> {
  const { fitted, hub, target } = run;
  const query = rowQuery(fitted);
  const window = work.kind === "window" ? await measureWindow(run, work.snapshot) : undefined;
  const rows = window === undefined ? allRowsQuery(query) : windowRowsQuery(query, window);
  if (window === undefined) await clearAllRejects(run);
  if (work.kind === "load") {
    for (const statement of createTableStatements(fitted.table)) await target.sql.unsafe(statement);
    await target.sql.unsafe(primaryKeyStatement(fitted.table));
  }
  const staging = stagingTable(fitted);
  if (work.kind === "full") await target.sql.unsafe(staging.create);
  const pass = new CarefulPass(run, work.kind === "full" ? staging.name : undefined);
  run.progress.begin("copied", window?.atMost ?? await estimateRows(run));
  await hub.sql.unsafe(`declare careful no scroll cursor for ${jsonRowsQuery(query, rows)}`);
  for (let piece = await fetchPiece(run); piece.length > 0; piece = await fetchPiece(run)) {
    await pass.apply(piece);
  }
  await hub.sql.unsafe("close careful");
  const deleted = work.kind === "full" && run.propagatesDeletes
    ? (await target.sql.unsafe(deleteMissingStatement(fitted, staging.rowSet))).count
    : 0;
  await pass.noteRefused();
  const [counted] = await hub.sql.unsafe<{ truncated: string }[]>(
    window === undefined ? truncatedInAllQuery(query) : truncatedInWindowQuery(query, window),
  );
  const counts = pass.counts;
  return {
    ...counts,
    deleted: counts.deleted + deleted,
    truncated: Number(counted?.truncated ?? 0),
  };
}

function fetchPiece(run: TableRun): Promise<TextRow[]> {
  run.signal.throwIfAborted();
  return run.hub.sql.unsafe<TextRow[]>(`fetch ${pieceSize} from careful`);
}

class CarefulPass {
  readonly #run: TableRun;
  /** Where keys are remembered, to find afterwards what the hub does not have. */
  readonly #seen: string | undefined;
  #read = 0;
  #bytes = 0;
  #written = 0;
  #deleted = 0;
  /** Rows of which a column could not hold a value. */
  #unholdable = 0;
  #refused: { row: TextRow; error: RefusedRow }[] = [];

  constructor(run: TableRun, seen: string | undefined) {
    this.#run = run;
    this.#seen = seen;
  }

  get counts() {
    return {
      read: this.#read,
      bytes: this.#bytes,
      written: this.#written,
      deleted: this.#deleted,
      rejected: this.#unholdable + this.#refused.length,
    };
  }

  async apply(piece: readonly TextRow[]): Promise<void> {
    this.#read += piece.length;
    this.#bytes += Buffer.byteLength(toJson(piece));
    this.#run.progress.advance(piece.length);
    await this.#bisect(piece);
  }

  async #bisect(rows: readonly TextRow[]): Promise<void> {
    const error = await this.#attempt(rows);
    if (error === undefined) return;
    if (rows.length > 1) {
      const half = rows.length >> 1;
      await this.#bisect(rows.slice(0, half));
      await this.#bisect(rows.slice(half));
      return;
    }
    const [row] = rows;
    if (row !== undefined) await this.#setAside(row, error);
  }

  /** Undefined when the rows are in; the error when they are not and it is about one of them. */
  async #attempt(rows: readonly TextRow[]): Promise<RefusedRow | undefined> {
    const json = toJson(rows);
    try {
      const applied = await inSavepoint(this.#run, async () => {
        const done = await applyRows(this.#run, jsonRowSet(this.#run.fitted), [json]);
        await this.#remember(json);
        return done;
      });
      this.#count(applied);
      return undefined;
    } catch (error) {
      return readRefusal(this.#run, error);
    }
  }

  /**
   * Tries the refused rows once more, because what stood in their way (a value that has to be unique)
   * may have gone since, and notes those that are refused still.
   */
  async noteRefused(): Promise<void> {
    const before = this.#refused;
    this.#refused = [];
    for (const { row } of before) {
      const error = await this.#attempt([row]);
      if (error !== undefined) this.#refused.push({ row, error });
    }
    for (const { row, error } of this.#refused) {
      await noteReject(this.#run, { key: row.key, isDelete: isGone(row), ...error });
    }
  }

  async #setAside(row: TextRow, error: RefusedRow): Promise<void> {
    this.#refused.push({ row, error });
    this.#requireFew(error);
    // What the table still has of a refused row stays, although it is older. A key that the database
    // cannot even hold is not there to be kept.
    await inSavepoint(this.#run, () => this.#remember(toJson([row])))
      .catch((failure) => readRefusal(this.#run, failure));
  }

  async #remember(json: string): Promise<void> {
    if (this.#seen === undefined) return;
    const { dataset } = this.#run.fitted.table;
    const key = dataset.key.map((column) => `c${dataset.columns.indexOf(column) + 1}`);
    await this.#run.target.sql.unsafe(
      `insert into ${this.#seen} (${key.join(", ")}, is_gone)
      select ${key.map((name) => `s.${name}`).join(", ")}, false
      from ${jsonRowSet(this.#run.fitted).from}`,
      [json],
    );
  }

  #count(applied: Applied): void {
    this.#written += applied.written;
    this.#deleted += applied.deleted;
    this.#unholdable += applied.rejected;
    this.#requireFew({ sqlstate: unholdableState, column: undefined });
  }

  #requireFew(last: RefusedRow): void {
    if (this.#unholdable + this.#refused.length > maxRejects) throw refuseTable(this.#run, last);
  }
}

interface RefusedRow {
  readonly sqlstate: string;
  readonly column: string | undefined;
}

/** Runs `work` so that its failure undoes its writes and leaves the transaction usable. */
export async function inSavepoint<T>(run: Pick<TableRun, "target">, work: () => Promise<T>) {
  const { sql } = run.target;
  await sql.unsafe("savepoint piece");
  try {
    const done = await work();
    await sql.unsafe("release savepoint piece");
    return done;
  } catch (error) {
    if (run.target.isAlive) {
      await sql.unsafe("rollback to savepoint piece; release savepoint piece");
    }
    throw error;
  }
}

/** What a row was refused with; throws what is not about rows. */
function readRefusal(run: TableRun, error: unknown): RefusedRow {
  const doing = `export rows to ${place(run.fitted.table)}`;
  const failure = describeFailure(error, { doing, target: run.target.target });
  if (retryPolicy(failure) !== "set_aside" || failure.sqlstate === undefined) throw failure;
  const column = (error as { readonly column_name?: unknown }).column_name;
  return { sqlstate: failure.sqlstate, column: typeof column === "string" ? column : undefined };
}

function refuseTable(run: TableRun, { sqlstate, column }: RefusedRow): PerigeeError {
  const where = column === undefined ? "" : `, column ${column}`;
  return new PerigeeError(
    `Could not export to ${
      place(run.fitted.table)
    }: more than ${maxRejects} rows were refused, the last with SQLSTATE ${sqlstate}${where}`,
    {
      kind: "schema",
      code: "PG514",
      sqlstate,
      advice: "Correct the table's columns, constraints or triggers; nothing of it was written.",
    },
  );
}

function toJson(rows: readonly TextRow[]): string {
  return `[${rows.map(({ row }) => row).join(",")}]`;
}

function isGone(row: TextRow): boolean {
  return row.row.endsWith('"is_gone":true}');
}
