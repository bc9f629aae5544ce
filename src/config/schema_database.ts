import * as v from "valibot";
import { choice, country, flag, host, identifier, integer, secret, text } from "./leaf.ts";
import { duration } from "./leaf_time.ts";

const ssl = v.pipe(
  v.strictObject({
    mode: v.optional(choice(
      ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
      "How much the link must be secured, as libpq's sslmode. Without it the URL's `sslmode`, else `prefer`. Only `verify-full` proves that the server is the right one.",
    )),
    root_cert: v.optional(text(
      "Certificates to trust instead of the system's: a PEM file relative to the YAML file, or PEM text.",
      { example: "certs/ca.pem" },
    )),
    cert: v.optional(text("Client certificate: a PEM file or PEM text.")),
    key: v.optional(secret("Private key of the client certificate: a PEM file or PEM text.")),
  }),
  v.description("How the link is secured. What is set here wins over the URL's parameters."),
);

const addressKeys = {
  url: v.optional(secret(
    "Connection URL as a provider shows it, or `embedded:<database>` for a database of the embedded Postgres. Excludes host, port and database.",
    { example: "postgres://reader:${SHOP_PASSWORD}@db.example.com:5432/shop?sslmode=verify-full" },
  )),
  host: v.optional(host("Name or IP address of the server.", "db.example.com")),
  port: v.optional(integer("TCP port. Without it 5432.", 1, 65_535, "5432")),
  database: v.optional(text("Name of the database. Without it the username.", { example: "shop" })),
  username: v.optional(text("Role to log in as. Wins over the URL's.", { example: "reader" })),
  password: v.optional(
    secret("Its password. Wins over the URL's.", {
      mayBeEmpty: true,
      example: "${file:/run/secrets/shop_password}",
    }),
  ),
  ssl: v.optional(ssl),
  pooled: v.optional(flag(
    "The address leads to a transaction pooler (PgBouncer, Supavisor and the like): no prepared statements, no LISTEN. Without it the URL's parameters and known hosts decide.",
  )),
};

function otherAddress(means: string) {
  return v.optional(v.pipe(
    v.union([
      secret("The same as `url` alone.", { example: "postgres://reader@db.example.com/shop" }),
      v.pipe(v.strictObject(addressKeys), v.description("An address with its parts.")),
    ]),
    v.description(means),
  ));
}

const limits = (poolSize: number) => ({
  pool_size: v.optional(
    integer("Most connections that one daemon opens here at a time.", 1, 200),
    poolSize,
  ),
  connect_timeout: v.optional(
    duration("How long opening a connection may take.", { minMs: 100 }),
    "10s",
  ),
  statement_timeout: v.optional(
    duration("How long one statement may run; 0 is without limit."),
    "10m",
  ),
});

/** Perigee's own database. */
export const hubSchema = v.pipe(
  v.strictObject({
    ...addressKeys,
    direct: otherAddress(
      "Address past the pooler, for what needs a session (LISTEN, migrations), where the main one is pooled.",
    ),
    data_dir: v.optional(
      text("Folder of the embedded Postgres, relative to the working directory."),
      "data",
    ),
    ...limits(10),
    sample: v.optional(
      flag(
        "The embedded Postgres also gets the sample customer database `shop`, and the daemon a webhook receiver on loopback.",
      ),
      false,
    ),
  }),
  v.description(
    "Perigee's own database. Without an address the daemon starts an embedded Postgres.",
  ),
);

/** One customer database with its unique contact key. */
export const connectorSchema = v.pipe(
  v.strictObject({
    ...addressKeys,
    direct: otherAddress("Address past the pooler, for LISTEN, where the main one is pooled."),
    replica: otherAddress("Read replica for imports, segments and renders; exports never use it."),
    ...limits(4),
    key: v.pipe(
      v.strictObject({
        column: identifier("Column of every source that identifies the contact.", "email"),
        field: text(
          "Contact field that it equals: `email`, `phone`, `externalCustomerId`, or the name of an additional field.",
          { example: "email", maxLength: 63 },
        ),
        default_country: v.optional(
          country("Country of phone numbers that are written without their country's code."),
        ),
      }),
      v.description(
        "The unique contact key, shared by all sources of the connector. Another key needs another connector to the same database.",
      ),
    ),
  }),
  v.description("A customer's PostgreSQL database."),
);
