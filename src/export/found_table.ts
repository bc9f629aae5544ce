/** A column of the customer's table as the catalog describes it. */
export interface FoundColumn {
  readonly name: string;
  /** With its modifier, and with its schema where it is not built in: `character varying(50)`. */
  readonly type: string;
  /** Without modifier, and below a domain: `character varying`. */
  readonly baseType: string;
  /** Class of `pg_type.typcategory` of the base type; `S` is text. */
  readonly category: string;
  /** Has a length, precision or scale. */
  readonly isModified: boolean;
  /** Most characters, where the type limits them. */
  readonly maxLength: number | null;
  readonly isGenerated: boolean;
  /** Must be given a value by whoever inserts. */
  readonly isDemanding: boolean;
  /** Sorts and compares by another collation than the database's. */
  readonly hasOwnCollation: boolean;
}

/** The customer's relation of a dataset's name. */
export interface FoundTable {
  readonly name: string;
  /** `pg_class.relkind`. */
  readonly kind: string;
  readonly columns: readonly FoundColumn[];
  /** Column names of each unique index that ON CONFLICT can use, sorted. */
  readonly keys: readonly (readonly string[])[];
}

/** What an export has to know of the customer's schema before it plans. */
export interface TargetSurvey {
  readonly versionNum: number;
  readonly isReadOnly: boolean;
  readonly encoding: string;
  readonly hasSchema: boolean;
  readonly tables: readonly FoundTable[];
}

/**
 * One row with a text column `survey`, a `TargetSurvey` as JSON. Parameters: the schema, and a JSON
 * array of relation names. Run it with an empty search path, which makes type names unambiguous.
 */
export function surveyQuery(): string {
  return `select json_build_object(
  'versionNum', current_setting('server_version_num')::integer,
  'isReadOnly', pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean,
  'encoding', current_setting('server_encoding'),
  'hasSchema', exists (select from pg_namespace where nspname = $1),
  'tables', (
    select coalesce(json_agg(json_build_object(
      'name', c.relname, 'kind', c.relkind, 'columns', ${columnsOfTable}, 'keys', ${keysOfTable}
    )), '[]')
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = $1 and c.relname in (select json_array_elements_text($2::text::json))
      and c.relkind in ('r', 'p', 'v', 'm', 'f')
  )
)::text as survey`;
}

const columnsOfTable = `(
  select coalesce(json_agg(json_build_object(
    'name', a.attname,
    'type', format_type(a.atttypid, a.atttypmod),
    'baseType', format_type(b.oid, null),
    'category', b.typcategory,
    'isModified', coalesce(nullif(a.atttypmod, -1), nullif(y.typtypmod, -1)) is not null,
    'maxLength', case when b.typname in ('varchar', 'bpchar')
      then coalesce(nullif(a.atttypmod, -1), nullif(y.typtypmod, -1)) - 4 end,
    'isGenerated', a.attgenerated <> '' or a.attidentity = 'a',
    'isDemanding', a.attnotnull and not a.atthasdef and a.attidentity = ''
      and a.attgenerated = '',
    'hasOwnCollation', a.attcollation <> 0 and a.attcollation <> 'pg_catalog."default"'::regcollation
  ) order by a.attnum), '[]')
  from pg_attribute a
  join pg_type y on y.oid = a.atttypid
  join pg_type b on b.oid = coalesce(nullif(y.typbasetype, 0), y.oid)
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
)`;

const keysOfTable = `(
  select coalesce(json_agg((
    select json_agg(a.attname order by a.attname)
    from pg_attribute a
    where a.attrelid = i.indrelid
      and a.attnum = any((i.indkey::smallint[])[0:i.indnkeyatts - 1])
  )), '[]')
  from pg_index i
  where i.indrelid = c.oid and i.indisunique and i.indimmediate and i.indisvalid
    and i.indpred is null and i.indexprs is null
)`;
