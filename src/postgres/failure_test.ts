import assert from "node:assert/strict";
import { test } from "node:test";

import { PerigeeError } from "../error.ts";
import { describeFailure, retryPolicy } from "./failure.ts";
import { failures } from "./failure_table.ts";
import { findSqlstateCode } from "./sqlstate.ts";
import type { ConnectionTarget } from "./target.ts";

const target: ConnectionTarget = {
  name: "shop",
  host: "db.example.com",
  port: 5432,
  database: "shop",
  username: "ann",
  password: "hunter2",
  ssl: { mode: "disable" },
  connectTimeoutMs: 1_000,
  statementTimeoutMs: 1_000,
  lockTimeoutMs: 1_000,
  idleInTransactionTimeoutMs: 1_000,
  isPooled: false,
};

const describe = (error: unknown) => describeFailure(error, { doing: "read orders", target });
const server = (code: string, more: object = {}) =>
  describe(Object.assign(new Error("words"), { name: "PostgresError", code, ...more }));

test("a message says what failed, where, and what was found, and never the password", () => {
  const error = server("42P01", { message: 'relation "orders" does not exist' });
  assert.equal(
    error.message,
    "Could not read orders at shop (ann@db.example.com:5432/shop): a table, column, type or " +
      'function does not exist (relation "orders" does not exist, SQLSTATE 42P01)',
  );
  assert.equal(error.kind, "schema");
  assert.equal(error.sqlstate, "42P01");
  assert.notEqual(error.advice, undefined);
});

test("values of rows are in no part of the error: not message, cause or stack", () => {
  const secret = "dina@example.com";
  const error = server("23505", {
    message: `duplicate key value ${secret}`,
    detail: `Key (email)=(${secret}) already exists.`,
    where: `COPY contacts, line 1: "${secret}"`,
    parameters: [secret],
    schema_name: "public",
    table_name: "contacts",
    constraint_name: "contacts_email_key",
  });
  const cause = error.cause as Error;
  const all = [error.message, error.stack, cause.message, cause.stack, JSON.stringify(cause)];
  assert.doesNotMatch(all.join("\n"), /dina/);
  assert.match(error.message, /table public\.contacts, constraint contacts_email_key/);
});

test("each SQLSTATE leads to what can be done about it", () => {
  const wanted: Record<string, [string, string]> = {
    "28P01": ["credentials", "stop"],
    "28000": ["credentials", "stop"],
    "3D000": ["schema", "stop"],
    "42501": ["permission", "stop"],
    "42703": ["schema", "stop"],
    "42P10": ["schema", "stop"],
    "428C9": ["schema", "stop"],
    "22P02": ["data", "set_aside"],
    "22P05": ["data", "set_aside"],
    "22021": ["data", "set_aside"],
    "22001": ["data", "set_aside"],
    "23502": ["data", "set_aside"],
    "23505": ["data", "set_aside"],
    "23514": ["data", "set_aside"],
    "54000": ["data", "set_aside"],
    "25006": ["connection", "retry"],
    "40001": ["conflict", "retry"],
    "40P01": ["conflict", "retry"],
    "55P03": ["conflict", "retry"],
    "57014": ["resource", "retry"],
    "25P03": ["resource", "retry"],
    "53300": ["resource", "retry"],
    "53100": ["resource", "stop"],
    "57P01": ["connection", "retry"],
    "57P02": ["connection", "retry"],
    "57P03": ["connection", "retry"],
    "08006": ["connection", "retry"],
  };
  for (const [sqlstate, expected] of Object.entries(wanted)) {
    const error = server(sqlstate);
    assert.deepEqual([error.kind, retryPolicy(error)], expected, sqlstate);
  }
});

test("errors of sockets are told apart by their code", () => {
  const codeOf = (code: string) => describe(Object.assign(new Error("x"), { code })).code;
  assert.equal(codeOf("ENOTFOUND"), "PG201");
  assert.equal(codeOf("ECONNREFUSED"), "PG202");
  assert.equal(codeOf("ETIMEDOUT"), "PG203");
  assert.equal(codeOf("ERR_SSL_WRONG_VERSION_NUMBER"), "PG206");
  assert.equal(codeOf("ECONNRESET"), "PG207");
  assert.equal(codeOf("CONNECTION_ENDED"), "PG290");
});

test("an error of several addresses is the first address's", () => {
  const each = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
  assert.equal(describe(new AggregateError([each, each])).code, "PG202");
});

test("a PerigeeError passes unchanged, and what nobody knows is unexpected", () => {
  const known = new PerigeeError("known", { kind: "usage", code: "PG900" });
  assert.equal(describe(known), known);
  for (const thrown of [undefined, null, "text", new TypeError("oops"), { code: 7 }]) {
    const error = describe(thrown);
    assert.equal(error.code, "PG299");
    assert.equal(retryPolicy(error), "stop");
  }
});

test("every line of the table can be acted on, and every class of SQLSTATE has a line", () => {
  for (const [code, { finding, advice }] of Object.entries(failures)) {
    assert.match(code, /^PG2\d\d$/);
    assert.ok(finding.length > 10 && advice.endsWith("."), code);
  }
  for (const state of ["08", "0A", "22", "23", "25", "28", "40", "42", "53", "54", "55", "57"]) {
    assert.notEqual(findSqlstateCode(`${state}999`), "PG299", state);
  }
});
