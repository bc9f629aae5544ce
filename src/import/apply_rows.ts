import type { Sql } from "postgres";
import { hubKeyExpression } from "../connector/contact_key.ts";
import { PerigeeError } from "../error.ts";
import { assignLinkedIds, insertRows, resolveContacts, updateRows } from "../hub/import_apply.ts";
import { dropTaken, normalisePhones, rejectDuplicates } from "../hub/import_checks.ts";
import {
  forgetMatched,
  linkUnmatched,
  rememberUnmatched,
  type UnmatchedRows,
} from "../hub/import_unmatched.ts";
import { applyPlan, fillsContactId } from "./apply_plan.ts";
import { checkedStaging, isKeyUniqueInHub } from "./check_rows.ts";
import type { ImportPlan } from "./plan_import.ts";
import { stagePhones } from "./stage_rows.ts";

/** What the staged rows did to the dataset. */
export interface Applied {
  readonly inserted: number;
  readonly updated: number;
  /** Rows that turned out to be duplicates only when they were written. */
  readonly rejected: number;
  /** Contact keys of other datasets' rows that no contact has. */
  readonly unmatched: number;
  /** Rows of earlier runs whose contact has come since. */
  readonly linked: number;
}

/** Tries before a run gives up against another program that writes the same unique values. */
const attempts = 4;

/**
 * Writes the staged rows set by set: changes what differs, inserts what is new. Nearly always that
 * is two statements. Where a unique value is in the way (an external id that another contact has,
 * two spellings of one address) they are undone, what is in the way is found, listed and left out,
 * and they are run again. `staged` is the number of rows. An import that is repeated (`isRepeated`)
 * remembers the rows whose contact may come later. Throws PG606 when other programs keep getting in
 * between.
 */
export async function applyRows(
  plan: ImportPlan,
  sql: Sql,
  hub: Sql,
  staged: number,
  isRepeated: boolean,
): Promise<Applied> {
  const found = fillsContactId(plan) ? await findContacts(plan, sql, hub) : noContacts;
  if (plan.identity.kind === "link") {
    const [key] = plan.dataset.key;
    await assignLinkedIds(sql, plan.name, plan.dataset.hubTable, key?.hubColumn ?? "");
  }
  const statements = applyPlan(plan);
  let rejected = 0;
  for (let attempt = 1;; attempt++) {
    await sql.unsafe("savepoint apply_rows");
    try {
      const updated = await updateRows(sql, statements);
      const areAllThere = updated === staged - rejected && isMatchUnique(plan);
      const inserted = areAllThere ? 0 : await insertRows(sql, statements);
      if (isRepeated && fillsContactId(plan)) {
        const rows = unmatchedRows(plan);
        await forgetMatched(sql, rows, statements.match);
        if (found.unmatched > 0) await rememberUnmatched(sql, rows, statements.match);
      }
      return { inserted, updated, rejected, ...found };
    } catch (error) {
      if ((error as { code?: unknown }).code !== uniqueViolation) throw error;
      if (attempt === attempts) throw contended(plan, error);
      await sql.unsafe("rollback to savepoint apply_rows");
      rejected += await clearTheWay(plan, sql);
    }
  }
}

/** Is a staged row at most one contact? Then as many changed ones as rows mean that all exist. */
function isMatchUnique(plan: ImportPlan): boolean {
  return plan.identity.kind === "contact" && isKeyUniqueInHub(plan);
}

const uniqueViolation = "23505";

const noContacts = { unmatched: 0, linked: 0 };

/** Whose the staged rows are, and whose those that earlier runs left without a contact. */
async function findContacts(plan: ImportPlan, sql: Sql, hub: Sql): Promise<typeof noContacts> {
  if (plan.field.kind === "phone") {
    await stagePhones(sql, hub, "key", plan.field.defaultCountry);
    await normalisePhones(sql, plan.field.defaultCountry);
  }
  const linked = await linkUnmatched(sql, unmatchedRows(plan));
  const unmatched = await resolveContacts(sql, hubKeyExpression(plan.field, "c"));
  return { unmatched, linked };
}

function unmatchedRows({ name, dataset, field }: ImportPlan): UnmatchedRows {
  return {
    importName: name,
    table: dataset.hubTable,
    key: dataset.key.map(({ hubColumn, hubType }) => ({ name: hubColumn, type: hubType })),
    contactKey: hubKeyExpression(field, "k"),
  };
}

const uniqueContactColumns = [
  { parameter: "email", column: "email", hubSql: "lower(c.email)" },
  {
    parameter: "externalCustomerId",
    column: "external_customer_id",
    hubSql: "c.external_customer_id",
  },
] as const;

async function clearTheWay(plan: ImportPlan, sql: Sql): Promise<number> {
  const staging = checkedStaging(plan);
  const gone = await rejectDuplicates(sql, staging, undefined);
  if (plan.identity.kind !== "contact") return gone;
  for (const unique of uniqueContactColumns) {
    const isMapped = plan.columns.some(({ hubColumn }) => hubColumn === unique.column);
    if (isMapped) await dropTaken(sql, staging, hubKeyExpression(plan.field, "c"), unique);
  }
  return gone;
}

function contended(plan: ImportPlan, cause: unknown): PerigeeError {
  return new PerigeeError(
    `import ${plan.name} found unique values of ${plan.dataset.name} taken by another program, ${attempts} times in a row`,
    {
      kind: "conflict",
      code: "PG606",
      advice: "Nothing to do: the run is tried again.",
      sqlstate: uniqueViolation,
      cause,
    },
  );
}
