import type { Sql } from "postgres";

import { PerigeeError } from "../error.ts";

/** The part of the driver's query object that running it elsewhere needs (pinned version). */
export interface NativeQuery {
  handler: NativeHandler;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  canceller: unknown;
  readonly cursorFn?: unknown;
  readonly streaming?: boolean;
}

/** Gives a query to the driver's connection. */
export type NativeHandler = (query: NativeQuery) => void;

/** What stands between those who write queries and the driver that runs them. */
export interface SqlGuard {
  /** Runs one query, once somebody awaits it; settles it whatever happens. */
  run(query: NativeQuery, native: NativeHandler): void;
  /** Runs `body`, which works inside the driver's own scope; settles whatever happens. */
  scope<T>(body: () => Promise<T>): Promise<T>;
  /** Opens a transaction; absent where the driver's own `begin` serves. */
  begin?(options: string, body: (sql: Sql) => unknown): Promise<unknown>;
  /** Takes a session for oneself; absent where the driver's own `reserve` serves. */
  reserve?(): Promise<Sql>;
}

type Callable = Sql & Record<PropertyKey, unknown>;
type Scoped = (options: string, body: (sql: Sql) => unknown) => Promise<unknown>;

/** Parts of the driver that open connections of their own, which nobody would own or close. */
const withheld = new Set<PropertyKey>(["listen", "subscribe", "largeObject"]);

/**
 * The driver's `sql` with every query, transaction and savepoint led through `guard`. It can be
 * used like the driver's own: tagged, `unsafe`, fragments, `begin`, `savepoint`, `reserve`.
 */
export function guardSql(base: Sql, guard: SqlGuard): Sql {
  const lead = (made: unknown): unknown => {
    if (!isQuery(made)) return made;
    const native = made.handler;
    made.handler = (query) => guard.run(query, native);
    return made;
  };
  const members: Record<string, unknown> = {
    unsafe: (...given: unknown[]) => lead(call(base, "unsafe", given)),
    file: (...given: unknown[]) => lead(call(base, "file", given)),
    notify: (channel: string, payload: string) =>
      lead((base as Callable)`select pg_notify(${channel}, ${payload})`),
    begin: (...given: unknown[]) => beginGuarded(base, guard, given),
    savepoint: (...given: unknown[]) => savepointGuarded(base, guard, given),
    reserve: () => guard.reserve?.() ?? reserveGuarded(base, guard),
  };
  return new Proxy(base, {
    apply: (target, _self, given) => lead(Reflect.apply(target, undefined, given)),
    get: (target, name) => {
      if (withheld.has(name)) throw refuse(String(name));
      const own = typeof name === "string" && name in target ? members[name] : undefined;
      return own ?? Reflect.get(target, name);
    },
  });
}

function isQuery(made: unknown): made is NativeQuery {
  return made instanceof Promise && typeof (made as { handler?: unknown }).handler === "function";
}

function call(base: Sql, name: string, given: unknown[]): unknown {
  return ((base as Callable)[name] as (...given: unknown[]) => unknown)(...given);
}

function splitOptions(given: unknown[]): [string, (sql: Sql) => unknown] {
  const body = given.at(-1) as (sql: Sql) => unknown;
  return [given.length > 1 ? String(given[0]) : "", body];
}

function beginGuarded(base: Sql, guard: SqlGuard, given: unknown[]): Promise<unknown> {
  const [options, body] = splitOptions(given);
  if (guard.begin !== undefined) return guard.begin(options, body);
  const begin = base.begin as unknown as Scoped;
  return guard.scope(() => begin(options, (tx) => body(guardSql(tx, guard))));
}

function savepointGuarded(base: Sql, guard: SqlGuard, given: unknown[]): Promise<unknown> {
  const [name, body] = splitOptions(given);
  const savepoint = (base as Callable)["savepoint"] as (...given: unknown[]) => Promise<unknown>;
  const guarded = (tx: Sql) => body(guardSql(tx, guard));
  return name === "" ? savepoint(guarded) : savepoint(name, guarded);
}

async function reserveGuarded(base: Sql, guard: SqlGuard): Promise<Sql> {
  const reserved = await guard.scope(() => base.reserve());
  return guardSql(reserved, guard);
}

function refuse(name: string): PerigeeError {
  return new PerigeeError(`sql.${name} is not available: it would open a connection of its own`, {
    kind: "internal",
    code: "PG291",
    advice: "Use openListener or openConnection.",
  });
}
