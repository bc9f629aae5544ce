import type { Sql } from "postgres";

/** Numbers that are parsed and stored at once; more holds the event loop longer (4 µs each). */
const batchSize = 5_000;

/**
 * Makes sure that `perigee.phone_numbers` knows every number that `written` (a SELECT of one text
 * column over what `session` sees, its TEMP tables too) returns, and answers how many were new.
 *
 * New numbers are stored through `hub`, each batch in a transaction of its own and in the order of
 * the key: a long transaction of the run holds no lock on them, and two runs with the same numbers
 * cannot block each other in a circle. The cache says what a number is, not who runs, so it is
 * written without a lease.
 */
export async function cachePhoneNumbers(
  session: Sql,
  hub: Sql,
  written: string,
  country: string | undefined,
  normalise: (written: string) => string | undefined,
): Promise<number> {
  const place = country ?? "";
  let cached = 0;
  for (;;) {
    const rows = await session.unsafe<{ written: string }[]>(
      `select distinct w.written from (${written}) as w (written)
         left join perigee.phone_numbers p on p.country = $1 and p.written = w.written
       where p.written is null and w.written is not null
       order by 1 limit ${batchSize}`,
      [place],
    );
    if (rows.length === 0) return cached;
    const texts = rows.map((row) => row.written);
    const numbers = texts.map((text) => normalise(text) ?? null);
    await hub`
      insert into perigee.phone_numbers (country, written, number)
      select ${place}, pair.written, pair.number
      from json_to_recordset(${
      JSON.stringify(texts.map((text, index) => ({
        written: text,
        number: numbers[index],
      })))
    }::text::json) as pair (written text, number text)
      on conflict (country, written) do nothing`;
    cached += rows.length;
  }
}
