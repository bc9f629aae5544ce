/** libpq's six ssl modes (PostgreSQL documentation, "SSL Mode Descriptions"). */
export type SslMode = "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full";

/** How one link is secured. Certificates and keys are PEM texts, already read. */
export interface SslSettings {
  readonly mode: SslMode;
  readonly rootCert?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Everything that is needed to open a connection to one database. Pure data. */
export interface ConnectionTarget {
  /** `hub` or the connector's name, for errors and `application_name`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly ssl: SslSettings;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number;
  /** Behind a transaction pooler: no prepared statements, no start-up settings, no LISTEN. */
  readonly isPooled: boolean;
}
