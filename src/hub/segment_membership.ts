import type { Sql } from "postgres";

/** Numbers of one evaluation of a segment. */
export interface MembershipChange {
  readonly entered: number;
  readonly left: number;
  readonly total: number;
}

/** A segment with its new members. */
export interface NewMembership {
  readonly id: number;
  readonly name: string;
  /** SELECT of `contact_id`. */
  readonly members: string;
  /** The leaf whose contacts the members are, where they are just that. */
  readonly onlyLeaf: number | undefined;
  readonly unmatched: number;
}

/**
 * Makes the contacts that `members` returns the members of each segment, and answers what changed,
 * in order. Contacts that stay keep their `entered_at`. Three statements, however many segments.
 *
 * Call it after `requireLease`. The segments' rows are locked first, in the order of their ids, so a
 * second daemon that evaluates the same segments waits and then changes only what differs; members
 * are unique by their key.
 */
export async function applyMemberships(
  sql: Sql,
  segments: readonly NewMembership[],
  evaluatedAt: string,
): Promise<MembershipChange[]> {
  const totals = await lockSegments(sql, segments, evaluatedAt);
  const results = await resultsOf(sql, segments);
  const ids = segments.map(({ id }) => id).join(", ");
  const left = await countBySegment(
    sql,
    segments,
    `delete from perigee.segment_members m where m.segment_id in (${ids}) and not exists (
       select from ${results} as r where r.segment_id = m.segment_id and r.contact_id = m.contact_id)`,
  );
  const entered = await enterMembers(sql, segments, results, evaluatedAt);
  const changes = segments.map(({ id }) => {
    const change = { entered: entered.get(id) ?? 0, left: left.get(id) ?? 0 };
    return { id, ...change, total: (totals.get(id) ?? 0) + change.entered - change.left };
  });
  await sql`
    update perigee.segments s set total = changed.total
    from json_to_recordset(${JSON.stringify(changes)}::text::json)
      as changed (id integer, total bigint)
    where s.segment_id = changed.id`;
  return changes.map(({ entered, left, total }) => ({ entered, left, total }));
}

async function lockSegments(
  sql: Sql,
  segments: readonly NewMembership[],
  evaluatedAt: string,
): Promise<Map<number, number>> {
  const given = segments.map(({ id, name, unmatched }) => ({ id, name, unmatched }));
  const rows = await sql<{ id: number; total: number }[]>`
    insert into perigee.segments as known (segment_id, name, evaluated_at, total, unmatched)
    select id, name, ${evaluatedAt}::timestamptz, 0, unmatched
    from json_to_recordset(${JSON.stringify(given)}::text::json)
      as given (id integer, name text, unmatched bigint)
    order by id
    on conflict (segment_id) do update set name = excluded.name,
      evaluated_at = excluded.evaluated_at, unmatched = excluded.unmatched
    returning segment_id as id, total::float8 as total`;
  return new Map(rows.map(({ id, total }) => [id, total]));
}

const uniqueViolation = "23505";

/**
 * Inserts the members that are new; nobody else can insert the same meanwhile. The leaf of a single
 * segment has hardly ever a contact twice (its source has two spellings of one key), so all of them
 * are compared with each other only once that has been met. Leaves that share a scan have a contact
 * once a row. `on conflict` would make every single insert take twice as long.
 */
async function enterMembers(
  sql: Sql,
  segments: readonly NewMembership[],
  results: string,
  evaluatedAt: string,
): Promise<Map<number, number>> {
  // Said twice, so that members of other segments are not even read.
  const ids = segments.map(({ id }) => id).join(", ");
  const insert = (distinct: "" | "distinct") =>
    countBySegment(
      sql,
      segments,
      `insert into perigee.segment_members as m (segment_id, contact_id, entered_at)
       select ${distinct} r.segment_id, r.contact_id, '${evaluatedAt}'::timestamptz
       from ${results} as r where not exists (select from perigee.segment_members m
         where m.segment_id = r.segment_id and m.contact_id = r.contact_id
           and m.segment_id in (${ids}))`,
    );
  if (segments.length > 1) return await insert("distinct");
  await sql.unsafe("savepoint enter_members");
  try {
    return await insert("");
  } catch (error) {
    if ((error as { code?: unknown }).code !== uniqueViolation) throw error;
    await sql.unsafe("rollback to savepoint enter_members");
    return await insert("distinct");
  }
}

/** FROM item of `segment_id` and `contact_id` with the new members of all segments. */
async function resultsOf(sql: Sql, segments: readonly NewMembership[]): Promise<string> {
  const [only] = segments;
  if (only !== undefined && segments.length === 1 && only.onlyLeaf !== undefined) {
    return `(select ${only.id} as segment_id, contact_id from (${only.members}) as member)`;
  }
  const isSearched = segments.some(({ onlyLeaf }) => onlyLeaf === undefined);
  if (!isSearched) return `(${leafMembers(segments)})`;
  await storeResults(sql, segments);
  return "segment_result";
}

/** SELECT of the members of those segments that are one leaf each. */
function leafMembers(segments: readonly NewMembership[]): string {
  const leaves = segments.flatMap(({ id, onlyLeaf }) =>
    onlyLeaf === undefined ? [] : [`(${id}, ${onlyLeaf})`]
  );
  return `select plain.id as segment_id, m.contact_id from segment_matched m
      join (values ${leaves.join(", ")}) as plain (id, leaf) on plain.leaf = m.leaf
      where m.contact_id is not null`;
}

async function storeResults(sql: Sql, segments: readonly NewMembership[]): Promise<void> {
  const members = segments.filter(({ onlyLeaf }) => onlyLeaf === undefined)
    .map(({ id, members }) => `select ${id}, contact_id from (${members}) as member`);
  if (members.length < segments.length) members.push(leafMembers(segments));
  await sql.unsafe(
    `insert into segment_result (segment_id, contact_id) ${members.join(" union all ")}`,
  );
}

/** Runs a statement on `segment_members m` and answers how many rows of each segment it changed. */
async function countBySegment(
  sql: Sql,
  segments: readonly NewMembership[],
  statement: string,
): Promise<Map<number, number>> {
  const [only] = segments;
  if (only !== undefined && segments.length === 1) {
    return new Map([[only.id, (await sql.unsafe(statement)).count]]);
  }
  const rows = await sql.unsafe<{ id: number; rows: number }[]>(
    `with changed as (${statement} returning m.segment_id)
     select segment_id as id, count(*)::float8 as rows from changed group by segment_id`,
  );
  return new Map(rows.map(({ id, rows }) => [id, rows]));
}
