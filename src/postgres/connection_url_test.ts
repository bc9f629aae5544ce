import assert from "node:assert/strict";
import { test } from "node:test";

import { PerigeeError } from "../error.ts";
import { parseConnectionUrl } from "./connection_url.ts";

function refusal(url: string): PerigeeError {
  try {
    parseConnectionUrl(url);
  } catch (error) {
    assert.ok(error instanceof PerigeeError);
    assert.equal(error.kind, "config");
    return error;
  }
  assert.fail(`wanted ${url} to be refused`);
}

test("a full URL gives every part", () => {
  assert.deepEqual(parseConnectionUrl("postgresql://ann:secret@db.example.com:6000/shop"), {
    host: "db.example.com",
    port: 6000,
    database: "shop",
    username: "ann",
    password: "secret",
    ssl: { mode: "prefer" },
    isPooled: false,
    ignored: [],
  });
});

test("what is left out is localhost, 5432, no password and the user's own database", () => {
  const { host, port, database, password } = parseConnectionUrl("postgres://ann@");
  assert.deepEqual({ host, port, database, password }, {
    host: "localhost",
    port: 5432,
    database: "ann",
    password: "",
  });
});

test("white space around a pasted URL is no part of it", () => {
  assert.equal(parseConnectionUrl("  postgres://ann@db.example.com/shop\n").database, "shop");
});

test("percent escapes are undone in every part", () => {
  const parsed = parseConnectionUrl("postgres://a%40b:p%3A%2F%3F%23%25%C3%A9@h/my%20shop");
  assert.equal(parsed.username, "a@b");
  assert.equal(parsed.password, "p:/?#%é");
  assert.equal(parsed.database, "my shop");
});

test("a password may hold @, /, # and : without escapes", () => {
  const parsed = parseConnectionUrl("postgres://ann:p@ss/w#rd:1@db.example.com:5433/shop");
  assert.equal(parsed.password, "p@ss/w#rd:1");
  assert.equal(parsed.host, "db.example.com");
  assert.equal(parsed.port, 5433);
  assert.equal(parsed.database, "shop");
});

test("an IPv6 host stands in brackets, a socket folder is a parameter or escaped", () => {
  const { host, port } = parseConnectionUrl("postgres://ann@[2001:db8::1]:5433/shop");
  assert.deepEqual({ host, port }, { host: "2001:db8::1", port: 5433 });
  assert.equal(parseConnectionUrl("postgres://ann@%2Fvar%2Frun/shop").host, "/var/run");
  assert.equal(parseConnectionUrl("postgres://ann@/shop?host=/var/run").host, "/var/run");
});

test("the six ssl modes, and other drivers' words for them", () => {
  for (const mode of ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]) {
    assert.equal(parseConnectionUrl(`postgres://ann@h/d?sslmode=${mode}`).ssl.mode, mode);
  }
  assert.equal(parseConnectionUrl("postgres://ann@h/d?ssl=true").ssl.mode, "require");
  assert.equal(parseConnectionUrl("postgres://ann@h/d?sslmode=no-verify").ssl.mode, "require");
  assert.match(refusal("postgres://ann@h/d?sslmode=verify").message, /"verify"/);
});

test("certificates are named, and the machine's own authorities mean verify-full", () => {
  const files = "sslmode=verify-ca&sslrootcert=/ca.pem&sslcert=/c.pem&sslkey=/k.pem";
  assert.deepEqual(parseConnectionUrl(`postgres://ann@h/d?${files}`).ssl, {
    mode: "verify-ca",
    rootCertPath: "/ca.pem",
    certPath: "/c.pem",
    keyPath: "/k.pem",
  });
  const system = parseConnectionUrl("postgres://ann@h/d?sslmode=require&sslrootcert=system");
  assert.deepEqual(system.ssl, { mode: "verify-full" });
});

test("what providers add is reported as ignored and does no harm", () => {
  const parsed = parseConnectionUrl(
    "postgresql://ann:pw@ep-cool-1.eu-central-1.aws.neon.tech/db?sslmode=require" +
      "&channel_binding=require&options=endpoint%3Dep-cool-1&connect_timeout=10",
  );
  assert.deepEqual(parsed.ignored, ["channel_binding", "options", "connect_timeout"]);
  assert.equal(parsed.ssl.mode, "require");
  assert.equal(parsed.isPooled, false);
});

test("a pooler is known by its parameter or by its provider's host", () => {
  const isPooled = (url: string) => parseConnectionUrl(url).isPooled;
  assert.equal(isPooled("postgres://ann@h/d?pgbouncer=true"), true);
  assert.equal(isPooled("postgres://ann@ep-x-1-pooler.eu.aws.neon.tech/d"), true);
  assert.equal(isPooled("postgres://ann.ref@aws-0-eu.pooler.supabase.com:6543/d"), true);
  assert.equal(isPooled("postgres://ann.ref@aws-0-eu.pooler.supabase.com:5432/d"), false);
  assert.equal(isPooled("postgres://ann@ep-x-1-pooler.eu.aws.neon.tech/d?pgbouncer=false"), false);
});

test("several hosts are refused", () => {
  assert.match(refusal("postgres://ann@a.example.com,b.example.com/d").message, /several hosts/);
  assert.match(refusal("postgres://ann@a:1,b:2/d").message, /several hosts/);
});

test("another scheme, no user and an impossible port are refused", () => {
  assert.match(refusal("mysql://ann@h/d").message, /postgres:\/\//);
  assert.match(refusal("h:5432/d").message, /postgres:\/\//);
  assert.match(refusal("postgres://h/d").message, /no user name/);
  for (const port of ["0", "65536", "5432x", "-1", "543210"]) {
    assert.match(refusal(`postgres://ann@h:${port}/d`).message, /port/);
  }
});

test("no part of a password is in the refusal of a URL that it breaks", () => {
  for (const password of ["hunter2?tail", "hunter2%zz", "%FFhunter2", "100%hunter2"]) {
    const error = refusal(`postgres://ann:${password}@db.example.com/d`);
    assert.doesNotMatch(`${error.message} ${error.advice}`, /hunter2|tail/);
    assert.equal(error.cause, undefined);
  }
});
