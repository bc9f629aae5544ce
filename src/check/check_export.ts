import type { ExportConfig } from "../config/model.ts";
import { PerigeeError } from "../error.ts";
import { describeTable, type ExportTable } from "../export/export_table.ts";
import { fitTable } from "../export/fit_table.ts";
import { type FoundTable, surveyQuery, type TargetSurvey } from "../export/found_table.ts";
import type { Connection } from "../postgres/connection.ts";
import { quoteIdentifier, quoteQualified } from "../postgres/identifier.ts";
import type { StepList } from "./check_step.ts";
import { grantExport } from "./grant_script.ts";

/**
 * Looks at what an export will write: its schema and the rights on it, temporary tables, and the
 * tables that are there already with their columns, keys and rights. Writes nothing, throws nothing.
 */
export async function checkExport(
  list: StepList,
  connection: Connection,
  config: ExportConfig,
): Promise<void> {
  const { target } = connection;
  const tables = config.datasets.map((name) => describeTable(name, config));
  const survey = await list.attempt(
    "tables",
    target,
    `look up schema ${config.schema}`,
    () => loadSurvey(connection, tables, config.schema),
  );
  const rights = await list.attempt(
    "schema",
    target,
    `look up the rights on schema ${config.schema}`,
    () => findRights(connection, config.schema, tables),
  );
  if (survey === undefined || rights === undefined) return;
  checkSchema(list, config, rights, target.username);
  checkTemporary(list, rights, target);
  const found = new Map(survey.tables.map((table) => [table.name, table]));
  checkTables(list, config, tables, found);
  checkTableRights(list, config, rights, target.username);
}

async function loadSurvey(
  connection: Connection,
  tables: readonly ExportTable[],
  schema: string,
): Promise<TargetSurvey> {
  const names = JSON.stringify(tables.map(({ name }) => name));
  return await connection.sql.begin("read only", async (sql) => {
    await sql`set local search_path = pg_catalog`;
    const [row] = await sql.unsafe<{ survey: string }[]>(surveyQuery(), [schema, names]);
    if (row === undefined) throw new Error("the survey of a schema has no row");
    return JSON.parse(row.survey) as TargetSurvey;
  }) as TargetSurvey;
}

interface TableRights {
  readonly name: string;
  readonly isOwner: boolean;
  readonly mayWrite: boolean;
}

interface Rights {
  readonly hasSchema: boolean;
  readonly mayUse: boolean;
  readonly mayCreate: boolean;
  readonly mayCreateSchema: boolean;
  readonly mayMakeTemporary: boolean;
  readonly tables: readonly TableRights[];
}

async function findRights(
  { sql }: Connection,
  schema: string,
  wanted: readonly ExportTable[],
): Promise<Rights> {
  const [rights] = await sql<Omit<Rights, "tables">[]>`
    select
      n.oid is not null as "hasSchema",
      coalesce(has_schema_privilege(n.oid, 'usage'), false) as "mayUse",
      coalesce(has_schema_privilege(n.oid, 'create'), false) as "mayCreate",
      has_database_privilege(current_database(), 'create') as "mayCreateSchema",
      has_database_privilege(current_database(), 'temporary') as "mayMakeTemporary"
    from (select ${schema}::text as name) as wanted
    left join pg_catalog.pg_namespace n on n.nspname = wanted.name`;
  const tables = await sql<TableRights[]>`
    select c.relname as name, pg_has_role(c.relowner, 'usage') as "isOwner",
      has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
        and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete')
        as "mayWrite"
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relkind in ('r', 'p')`;
  if (rights === undefined) throw new Error("the rights on a schema have no row");
  const names = new Set(wanted.map(({ name }) => name));
  return { ...rights, tables: tables.filter(({ name }) => names.has(name)) };
}

function checkSchema(list: StepList, config: ExportConfig, rights: Rights, user: string): void {
  const { schema } = config;
  const create = `create schema if not exists ${quoteIdentifier(schema)};`;
  if (!rights.hasSchema) {
    if (rights.mayCreateSchema) {
      return list.ok("schema", `${schema} is not there yet; the first export creates it`);
    }
    const text = `schema ${schema} does not exist, and ${user} may not create it`;
    return list.fail("schema", text, `${create} ${grantExport(schema, user)}`, "PG515");
  }
  if (rights.mayUse && rights.mayCreate) {
    return list.ok("schema", `${user} may create tables in ${schema}`);
  }
  const missing = [rights.mayUse ? "" : "usage", rights.mayCreate ? "" : "create"]
    .filter((right) => right !== "").join(" and ");
  const text = `${user} has no ${missing} on schema ${schema}`;
  const isReady = rights.mayUse && rights.tables.length === config.datasets.length;
  if (!isReady) return list.fail("schema", text, grantExport(schema, user), "PG220");
  list.warn(
    "schema",
    `${text}; its tables are there, but none can be added`,
    grantExport(schema, user),
  );
}

function checkTemporary(list: StepList, rights: Rights, target: Connection["target"]): void {
  if (rights.mayMakeTemporary) return;
  list.fail(
    "temporary tables",
    `${target.username} may not make temporary tables, in which changed rows arrive`,
    `grant temporary on database ${quoteIdentifier(target.database)} to ${
      quoteIdentifier(target.username)
    };`,
    "PG220",
  );
}

function checkTables(
  list: StepList,
  config: ExportConfig,
  tables: readonly ExportTable[],
  found: ReadonlyMap<string, FoundTable>,
): void {
  let fitting = 0;
  for (const table of tables) {
    try {
      fitTable(table, found.get(table.name), config.longValues);
      fitting++;
    } catch (error) {
      if (!(error instanceof PerigeeError)) throw error;
      list.failBy(`table ${table.name}`, error);
    }
  }
  const there = tables.filter(({ name }) => found.has(name)).length;
  const rest = tables.length - there;
  if (fitting < tables.length) return;
  list.ok("tables", `${there} of ${tables.length} are there and fit; ${rest} will be created`);
}

function checkTableRights(
  list: StepList,
  config: ExportConfig,
  rights: Rights,
  user: string,
): void {
  for (const table of rights.tables) {
    if (table.isOwner) continue;
    const name = quoteQualified(config.schema, table.name);
    const owner = `alter table ${name} owner to ${quoteIdentifier(user)};`;
    const step = `table ${table.name}`;
    if (!table.mayWrite) {
      list.fail(
        step,
        `${user} may not read and write ${config.schema}.${table.name}`,
        owner,
        "PG220",
      );
    } else {
      const text = `${user} does not own ${config.schema}.${table.name}, so it cannot add columns`;
      list.warn(step, text, owner);
    }
  }
}
