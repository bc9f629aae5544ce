import type { Sql } from "postgres";
import type { ImportConfig } from "../config/model.ts";
import { PerigeeError } from "../error.ts";
import { countMissing, removeMissing, storeLinks } from "../hub/import_apply.ts";
import { applyPlan } from "./apply_plan.ts";
import { checkedStaging } from "./check_rows.ts";
import type { ImportPlan } from "./plan_import.ts";

/**
 * Share of what an import brought that one run may remove without being told to. A source that was
 * emptied by mistake loses everything at once; ordinary days lose a few.
 */
const removableShare = 0.2;

/**
 * Does what `on_missing` says with rows that the import brought and the source has no more (their
 * keys are in `import_seen`), and answers how many rows of the dataset that changed. Rows that other
 * programs made are never touched. Throws PG605, before anything is removed, when it would be more
 * than a fifth and nobody confirmed it.
 */
export async function applyMissing(
  { onMissing }: ImportConfig,
  plan: ImportPlan,
  sql: Sql,
  isConfirmed: boolean,
): Promise<number> {
  const { name, dataset } = plan;
  const idColumn = dataset.key[0]?.hubColumn ?? "";
  if (plan.remembersRows) {
    await storeLinks(sql, name, applyPlan(plan), checkedStaging(plan).rejectKey, `c.${idColumn}`);
  }
  if (onMissing === "keep") return 0;
  const { known, missing } = await countMissing(sql, name);
  if (missing <= known * removableShare || isConfirmed) {
    return await removeMissing(sql, name, dataset.hubTable, idColumn, onMissing);
  }
  throw new PerigeeError(
    `import ${name} would ${onMissing} ${missing} of ${known} ${dataset.name}, more than a fifth`,
    {
      kind: "data",
      code: "PG605",
      advice: `Look at the source; run \`perigee run import/${name} --confirm\` if they are to go.`,
    },
  );
}
