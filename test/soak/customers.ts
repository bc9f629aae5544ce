import type { Sql } from "postgres";
import type { Seeded } from "../support/seeded.ts";
import { firstPeople } from "./soak_world.ts";
import type { Actor } from "./actor.ts";

/** What is known of the version of each of the first people's rows while writers are at work. */
export interface Versions {
  /** The newest version that a writer has tried to commit. */
  readonly tried: Map<number, number>;
  /** The newest version of which a writer knows that it is committed. */
  readonly committed: Map<number, number>;
}

/** None is written yet: all rows have version 0. */
export function openVersions(): Versions {
  return { tried: new Map(), committed: new Map() };
}

/**
 * A customer's program: people change their names, come in, gain and lose luck. Some transactions
 * last, some are rolled back.
 */
export function createCustomerWriter(sql: Sql, choices: Seeded): Actor {
  const someone = () => 1 + choices.below(firstPeople);
  const changes: readonly (() => string)[] = [
    () => `update customers set name = 'Name ${choices.below(1e6)}' where id = ${someone()}`,
    () =>
      `update customers set name = 'Many ${choices.below(1e6)}' where id % 7 = ${someone() % 7}`,
    () => `update promos set lucky = not lucky where id = ${someone()}`,
    () => `update promos set lucky = false where id = ${someone()}`,
    () =>
      `with number as (select 1000 + nextval('newcomers')::integer as n),
        person as (insert into customers select n, 'new' || n || '@example.com', 'New ' || n
          from number returning id, email)
      insert into promos select id, email, id % 3 > 0 from person`,
  ];
  return {
    name: "customer",
    longestPauseMs: 40,
    async act(pause) {
      const isLong = choices.isHit(0.05);
      const statements = Array.from(
        { length: 1 + choices.below(3) },
        () => choices.pick(changes)(),
      );
      const end = choices.isHit(0.1) ? "rollback" : "commit";
      const lastsMs = isLong ? 300 + choices.below(1_500) : 0;
      await inSession(sql, async (session) => {
        await session.unsafe("begin");
        for (const statement of statements) await session.unsafe(statement);
        if (isLong) await pause(lastsMs);
        await session.unsafe(end);
      });
      return isLong ? "long transactions of customers" : "transactions of customers";
    },
  };
}

/** Counts up the versions of rows that messages show, one writer for each row at a time. */
export function createVersionWriter(sql: Sql, choices: Seeded, versions: Versions): Actor {
  return {
    name: "versions",
    longestPauseMs: 30,
    async act() {
      const person = 1 + choices.below(firstPeople);
      const version = (versions.tried.get(person) ?? 0) + 1;
      versions.tried.set(person, version);
      await sql`update versions set version = ${version}
        where email = ${`c${person}@example.com`}`;
      versions.committed.set(person, version);
      return "versions of rows";
    },
  };
}

/** Work in a session of its own, which is rolled back where the work fails. */
export async function inSession(sql: Sql, work: (session: Sql) => Promise<void>): Promise<void> {
  const session = await sql.reserve();
  try {
    await work(session);
  } catch (error) {
    await session.unsafe("rollback").catch(() => undefined);
    throw error;
  } finally {
    session.release();
  }
}
