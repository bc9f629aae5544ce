import type { ConnectorConfig, SourceConfig } from "../config/model.ts";
import { loadSourceShape } from "../connector/source_shape.ts";
import type { PerigeeError } from "../error.ts";
import { type ColumnInfo, findColumns } from "../postgres/catalog.ts";
import type { Connection } from "../postgres/connection.ts";
import { quoteIdentifier, quoteQualified } from "../postgres/identifier.ts";
import type { StepList } from "./check_step.ts";
import { grantSelect } from "./grant_script.ts";
import { describeKeyMismatch } from "./key_fit.ts";

/** Where a table has fewer rows, reading all of it for one contact takes no time worth an index. */
const smallTableRows = 10_000;

/**
 * Looks at one source: its table, the right to read it, its columns, the key column's type, whether
 * the key is unique, and whether an index finds one contact's rows. Reads no rows. Throws nothing.
 */
export async function checkSource(
  list: StepList,
  connection: Connection,
  source: SourceConfig,
  connector: ConnectorConfig,
): Promise<void> {
  const { target, sql } = connection;
  const place = `${source.schema}.${source.table}`;
  const columns = await list.attempt(
    "table",
    target,
    `look up ${place}`,
    () => findColumns(sql, source.schema, source.table),
  );
  if (columns === undefined) {
    if (list.steps.at(-1)?.step !== "table") reportNoTable(list, source, target.username);
    return;
  }
  list.ok("table", `${place} has ${columns.length} columns`);
  checkColumns(list, source, columns);
  await checkRight(list, connection, source, connector);
  if (!checkKey(list, connector, columns)) return;
  const facts = await list.attempt(
    "key",
    target,
    `look up the indexes of ${place}`,
    () => findTableFacts(connection, source, connector.key.column),
  );
  if (facts === undefined) return;
  list.ok(
    "unique",
    facts.isKeyUnique
      ? "the key is unique: a contact has one row at most"
      : "the key is not unique: a contact may have several rows",
  );
  await checkIndex(list, connection, source, connector, facts.estimatedRows);
  if (facts.hidesRows) {
    list.warn(
      "rows",
      `row-level security of ${place} applies to ${target.username}: it sees only some rows`,
      `Add a policy for it, or: alter role ${quoteIdentifier(target.username)} bypassrls;`,
    );
  }
}

function reportNoTable(list: StepList, source: SourceConfig, username: string): void {
  list.fail(
    "table",
    `there is no table or view ${source.schema}.${source.table} that ${username} can see`,
    `Correct schema and table of the source, or: grant usage on schema ${
      quoteIdentifier(source.schema)
    } to ${quoteIdentifier(username)};`,
  );
}

function checkColumns(
  list: StepList,
  source: SourceConfig,
  columns: readonly ColumnInfo[],
): void {
  const there = new Set(columns.map(({ name }) => name));
  const wanted = [...(source.columns ?? []), ...source.orderBy.map(({ column }) => column)];
  const missing = [...new Set(wanted)].filter((name) => !there.has(name));
  if (missing.length === 0) return;
  list.fail(
    "columns",
    `${source.schema}.${source.table} has no column ${missing.join(", ")}`,
    `Correct \`columns\` and \`order_by\` of the source; the table has ${[...there].join(", ")}.`,
  );
}

/** A statement that can return nothing still needs all the rights that reading needs. */
async function checkRight(
  list: StepList,
  connection: Connection,
  source: SourceConfig,
  connector: ConnectorConfig,
): Promise<void> {
  const { sql, target } = connection;
  const wanted = source.columns === undefined
    ? undefined
    : [...new Set([connector.key.column, ...source.columns])];
  const place = quoteQualified(source.schema, source.table);
  const chosen = wanted?.map(quoteIdentifier).join(", ") ?? "t";
  const result = await list.attempt(
    "read",
    target,
    `read ${source.schema}.${source.table}`,
    () => sql.unsafe(`select ${chosen} from ${place} as t limit 0`),
    (error: PerigeeError) =>
      error.code === "PG220" ? grantSelect(source, target.username, wanted) : undefined,
  );
  if (result !== undefined) list.ok("read", `${target.username} may read it`);
}

function checkKey(
  list: StepList,
  connector: ConnectorConfig,
  columns: readonly ColumnInfo[],
): boolean {
  const { column: name, field } = connector.key;
  const column = columns.find((candidate) => candidate.name === name);
  if (column === undefined) {
    const names = columns.map((each) => each.name).join(", ");
    list.fail(
      "key",
      `there is no key column ${name}`,
      `Correct \`key\` of connector ${connector.name}, or use another connector for this table; it has ${names}.`,
    );
    return false;
  }
  const mismatch = describeKeyMismatch(column, field);
  if (mismatch === undefined) {
    list.ok("key", `${name} (${column.type}) fits the contact field`);
    return true;
  }
  list.fail("key", mismatch, `Choose another column or field as \`key\` of ${connector.name}.`);
  return false;
}

interface TableFacts {
  readonly isKeyUnique: boolean;
  readonly estimatedRows: number;
  readonly hidesRows: boolean;
}

async function findTableFacts(
  connection: Connection,
  source: SourceConfig,
  keyColumn: string,
): Promise<TableFacts> {
  const [facts] = await connection.sql<TableFacts[]>`
    select exists (
        select from pg_catalog.pg_index i
          join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indnkeyatts = 1
          and i.indpred is null and a.attname = ${keyColumn}
      ) as "isKeyUnique",
      greatest(c.reltuples, 0)::float8 as "estimatedRows",
      row_security_active(c.oid) as "hidesRows"
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${source.schema} and c.relname = ${source.table}`;
  return facts ?? { isKeyUnique: false, estimatedRows: 0, hidesRows: false };
}

const unknownKey = "(select ''::text)";

/** Asks the planner whether any index can find the rows of one contact, and does not run it. */
async function checkIndex(
  list: StepList,
  connection: Connection,
  source: SourceConfig,
  connector: ConnectorConfig,
  estimatedRows: number,
): Promise<void> {
  if (estimatedRows < smallTableRows) {
    return list.ok("index", "the table is small enough to be read without an index on the key");
  }
  const keySql = await list.attempt(
    "index",
    connection.target,
    "plan the look-up of one contact",
    async () => {
      const shape = await loadSourceShape(connection.sql, source, connector);
      // Not a constant, whose value the planner would look at.
      const condition = shape.matches("t", unknownKey);
      return { condition, isUsable: await usesIndex(connection, source, condition) };
    },
  );
  if (keySql === undefined) return;
  if (keySql.isUsable) return list.ok("index", "an index finds the rows of one contact");
  const { condition } = keySql;
  const suffix = ` = ${unknownKey}`;
  const end = condition.endsWith(suffix) ? -suffix.length : condition.indexOf(" = ");
  const expression = condition.slice(0, end)
    .replaceAll(
      `t.${quoteIdentifier(connector.key.column)}`,
      quoteIdentifier(connector.key.column),
    );
  const place = quoteQualified(source.schema, source.table);
  list.warn(
    "index",
    `no index finds the rows of one contact among about ${
      Math.round(estimatedRows)
    }: each render reads the whole table`,
    `create index concurrently on ${place} ((${expression.replaceAll(/\s+/g, " ")}));`,
  );
}

async function usesIndex(
  connection: Connection,
  source: SourceConfig,
  condition: string,
): Promise<boolean> {
  const { sql } = connection;
  await sql.unsafe("begin read only");
  try {
    // Without it the planner may prefer reading everything although an index is there.
    await sql.unsafe("set local enable_seqscan = off");
    const rows = await sql.unsafe<{ "QUERY PLAN": string }[]>(
      `explain (costs off) select 1 from ${
        quoteQualified(source.schema, source.table)
      } as t where ${condition}`,
    );
    return rows.some((row) => row["QUERY PLAN"].includes("Index Cond:"));
  } finally {
    await sql.unsafe("rollback");
  }
}
