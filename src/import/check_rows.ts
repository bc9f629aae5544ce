import type { Sql } from "postgres";
import {
  type CheckedStaging,
  dropBadEmails,
  dropOddParams,
  rejectAmbiguous,
  rejectBadEmailKeys,
  rejectDuplicates,
  rejectKeyless,
  rejectWithout,
  resolvePhones,
} from "../hub/import_checks.ts";
import { hubKeyExpression } from "../connector/contact_key.ts";
import { requiredColumns } from "./apply_plan.ts";
import type { ImportPlan } from "./plan_import.ts";
import { hasSourceKey } from "./read_sql.ts";
import { stagePhones } from "./stage_rows.ts";

/** No two contacts have the same key; phone numbers and additional fields can be several people's. */
export function isKeyUniqueInHub({ field }: ImportPlan): boolean {
  return field.kind === "email" || field.kind === "externalCustomerId";
}

/** How the staging table of a plan names and ranks its rows. Pure. */
export function checkedStaging(plan: ImportPlan): CheckedStaging {
  const identity = plan.identity.kind === "contact"
    ? ["key"]
    : plan.identity.kind === "link"
    ? ["source_key"]
    : plan.identity.hubColumns;
  return {
    rejectKey: hasSourceKey(plan) ? "source_key" : "key",
    identity,
    rank: plan.isUnique ? [] : plan.rank.map((_each, index) => `rank_${index + 1}`),
  };
}

/**
 * Takes out of `import_staging` the rows that can become no row of the dataset, and out of the
 * others the values that nobody can have; lists both in `import_rejected`. `rows` is how many there
 * are. Answers how many left.
 */
export async function checkRows(
  plan: ImportPlan,
  session: Sql,
  hub: Sql,
  defaultCountry: string | undefined,
  rows: number,
): Promise<number> {
  const staging = checkedStaging(plan);
  // Sent one behind the other; the server runs them in this order.
  const [keyless, odd] = await Promise.all([
    rejectKeyless(session, staging),
    plan.identity.kind === "contact" ? checkContactKeys(plan, session, hub) : 0,
  ]);
  let gone = keyless + odd;
  const has = (column: string) => plan.columns.some(({ hubColumn }) => hubColumn === column);
  if (plan.dataset.name === "contacts") {
    if (has("email")) await dropBadEmails(session, staging);
    if (has("sms")) {
      await stagePhones(session, hub, "sms", defaultCountry);
      await resolvePhones(session, staging, "sms", defaultCountry);
    }
  }
  if (plan.dataset.name === "events") {
    if (has("params_json")) await dropOddParams(session, staging);
    const required = Object.entries(requiredColumns["events"] ?? {});
    for (const [column, substitute] of required) {
      if (substitute === undefined) gone += await rejectWithout(session, staging, column);
    }
  }
  const among = plan.isUnique && rows > cheaplySorted ? matchedOnly(plan) : undefined;
  gone += await rejectDuplicates(session, staging, among);
  if (plan.identity.kind !== "contact") return gone;
  if (isKeyUniqueInHub(plan)) return gone;
  return gone + await rejectAmbiguous(session, staging, hubKeyExpression(plan.field, "c"));
}

async function checkContactKeys(plan: ImportPlan, session: Sql, hub: Sql): Promise<number> {
  if (plan.field.kind === "email") return await rejectBadEmailKeys(session);
  if (plan.field.kind !== "phone") return 0;
  const { defaultCountry } = plan.field;
  await stagePhones(session, hub, "key", defaultCountry);
  return await resolvePhones(session, checkedStaging(plan), "key", defaultCountry);
}

/** Rows that are sorted sooner than joined with the contacts. */
const cheaplySorted = 50_000;

/**
 * A unique key column can still hold two spellings of one address. New contacts among them end in
 * a unique violation, which is handled where it occurs; only for contacts that exist would one of
 * the rows win in silence. Looking at these alone spares a million new rows the sorting.
 */
function matchedOnly(plan: ImportPlan): string | undefined {
  if (plan.identity.kind !== "contact") return undefined;
  return `join perigee.contacts c on ${hubKeyExpression(plan.field, "c")} = s.key`;
}
