import type { DatasetName } from "../dataset/datasets.ts";
import type { SslSettings } from "../postgres/target.ts";
import type { MessageConfig, TemplateConfig } from "./model_message.ts";
import type { SegmentConfig } from "./model_segment.ts";

/**
 * The configuration as the rest of the program sees it: one immutable snapshot, references
 * resolved to names that exist, durations in milliseconds, sizes in bytes, files already read.
 * `schema.ts` says how the YAML looks; `load.ts` turns one into the other.
 */
export interface Config {
  /** Changes exactly when the meaning of the configuration changes: hex SHA-256. */
  readonly hash: string;
  readonly hub: HubConfig;
  /** IANA zone that decides whose "today" it is unless a part says otherwise. */
  readonly timezone: string;
  readonly server: ServerConfig;
  readonly render: RenderConfig;
  readonly connectors: ReadonlyMap<string, ConnectorConfig>;
  readonly sources: ReadonlyMap<string, SourceConfig>;
  readonly imports: ReadonlyMap<string, ImportConfig>;
  readonly segments: ReadonlyMap<string, SegmentConfig>;
  readonly sinks: ReadonlyMap<string, SinkConfig>;
  /** Routes of events that no trigger made, by event type pattern (`order*`). */
  readonly routes: readonly RouteConfig[];
  readonly triggers: ReadonlyMap<string, TriggerConfig>;
  readonly messages: ReadonlyMap<string, MessageConfig>;
  /** What messages may `#parse` and `#include`, by the name they give there. */
  readonly templates: ReadonlyMap<string, TemplateConfig>;
  readonly exports: ReadonlyMap<string, ExportConfig>;
  readonly alerts: AlertsConfig;
  readonly retention: RetentionConfig;
}

/** Host, credentials and TLS of one database, before it gets a name and limits. */
export interface AddressConfig {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly ssl: SslSettings;
  readonly isPooled: boolean;
  /** A database of the embedded cluster (`embedded:shop`); host, port and credentials come with it. */
  readonly isEmbedded: boolean;
}

export interface HubConfig {
  /** Absent: the daemon starts an embedded Postgres below `dataDir`. */
  readonly address: AddressConfig | undefined;
  /** Address for LISTEN and other things that need a session, where `address` is pooled. */
  readonly directAddress: AddressConfig | undefined;
  readonly dataDir: string;
  readonly poolSize: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** The embedded start also makes the sample customer database `shop` and a webhook receiver. */
  readonly hasSample: boolean;
}

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  /** Bearer tokens, any of which opens render, status and metrics. Empty: loopback only. */
  readonly tokens: readonly string[];
  readonly maxBodyBytes: number;
  readonly requestTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  /** Requests per second and client that are answered; 0 is no limit. */
  readonly rateLimitPerSecond: number;
}

export interface RenderConfig {
  readonly allowsInline: boolean;
  /** How long fetched rows may serve again, ms; 0 fetches each time. */
  readonly cacheMs: number;
}

/** Contact fields that can be the unique contact key, or an additional field of that name. */
export type KeyField =
  | { readonly kind: "email" }
  | { readonly kind: "phone"; readonly defaultCountry: string | undefined }
  | { readonly kind: "externalCustomerId" }
  | { readonly kind: "field"; readonly name: string };

export interface ConnectorConfig {
  readonly name: string;
  readonly address: AddressConfig;
  /** For LISTEN, where `address` is pooled. */
  readonly directAddress: AddressConfig | undefined;
  /** Imports, segments and renders read here when given; exports never write here. */
  readonly replicaAddress: AddressConfig | undefined;
  readonly poolSize: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** The unique contact key: `column` of every source is matched with `field` of the contact. */
  readonly key: { readonly column: string; readonly field: KeyField };
}

export interface SourceConfig {
  readonly name: string;
  readonly id: number;
  readonly connector: string;
  readonly schema: string;
  readonly table: string;
  /** Columns that reach templates and events; undefined is all, in the table's order. */
  readonly columns: readonly string[] | undefined;
  /** Row order within a contact; empty is the table's primary key. */
  readonly orderBy: readonly { readonly column: string; readonly isDescending: boolean }[];
  /** Most rows a contact gets. */
  readonly limit: number;
  /** Longest value; a longer one becomes null and is counted. */
  readonly maxValueBytes: number;
  /** Most bytes of JSON that a contact's rows take; rows from the first that does not fit are left out. */
  readonly maxContactBytes: number;
  /** `text`: every value a string as documented; `typed`: JSON numbers and booleans stay. */
  readonly values: "text" | "typed";
}

/** When something runs on its own. Both parts may be absent: then only by hand or on NOTIFY. */
export interface ScheduleConfig {
  readonly cron: string | undefined;
  readonly everyMs: number | undefined;
  readonly timezone: string;
  readonly startsAt: Date | undefined;
  readonly endsAt: Date | undefined;
  /** 0 is Sunday; empty is every day. */
  readonly weekdays: readonly number[];
}

export type ConflictPolicy = "overwrite" | "fill_empty" | "never";
/** Where the value of one hub column comes from: pure data, turned into SQL by the import. */
export type MappingValue =
  | { readonly kind: "column"; readonly column: string }
  | { readonly kind: "constant"; readonly value: string | number | boolean | null }
  | { readonly kind: "cast"; readonly value: MappingValue; readonly type: string }
  | { readonly kind: "coalesce"; readonly values: readonly MappingValue[] };

export interface MappingConfig {
  /** Documented parameter name (`firstName`) of a dataset column, or name of an additional field. */
  readonly target: string;
  readonly isAdditionalField: boolean;
  readonly value: MappingValue;
  readonly policy: ConflictPolicy;
  /** May a null of the source empty the hub's value? */
  readonly nullOverwrites: boolean;
}

export interface ImportConfig {
  readonly name: string;
  readonly connector: string;
  readonly from:
    | { readonly kind: "table"; readonly schema: string; readonly table: string }
    | { readonly kind: "query"; readonly sql: string };
  readonly dataset: DatasetName;
  readonly mapping: readonly MappingConfig[];
  readonly schedule: ScheduleConfig;
  readonly listen: string | undefined;
  readonly mode: "changes" | "full";
  readonly cursor: { readonly column: string; readonly lookbackMs: number } | undefined;
  readonly onMissing: "keep" | "unsubscribe" | "delete";
  /** Rows that one run may read; more is an error that names the cap. */
  readonly maxRows: number;
  /** ISO 3166 country of phone numbers that are written without their country's code. */
  readonly defaultCountry: string | undefined;
  readonly maxStalenessMs: number | undefined;
}

export type WebhookFormat = "events_v1" | "cloudevents" | "array";

export interface WebhookSinkConfig {
  readonly kind: "webhook";
  readonly name: string;
  readonly url: string;
  readonly format: WebhookFormat;
  readonly batchSize: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly auth:
    | { readonly kind: "basic"; readonly username: string; readonly password: string }
    | { readonly kind: "bearer"; readonly token: string }
    | undefined;
  /** Standard Webhooks secrets, newest first (`whsec_…` or any text). Never empty. */
  readonly secrets: readonly string[];
  readonly tls: {
    readonly ca: string | undefined;
    readonly cert: string | undefined;
    readonly key: string | undefined;
    /** Name that the certificate must have; undefined takes the URL's host. */
    readonly serverName: string | undefined;
  };
  readonly timeoutMs: number;
  readonly concurrency: number;
  /** Requests a second; 0 is no limit. */
  readonly rateLimitPerSecond: number;
  readonly maxAttempts: number;
  readonly allowsPrivate: boolean;
}

export interface NotifySinkConfig {
  readonly kind: "notify";
  readonly name: string;
  readonly channel: string;
}

export type SinkConfig = WebhookSinkConfig | NotifySinkConfig;

export interface RouteConfig {
  /** Event type with `*` as wildcard. */
  readonly pattern: string;
  readonly sinks: readonly string[];
}

export interface TriggerSourceConfig {
  readonly source: string;
  readonly whenEmpty: "send" | "skip";
}

export interface TriggerConfig {
  readonly name: string;
  readonly segment: string;
  readonly schedule: ScheduleConfig;
  /** Also fires each time its segment was re-evaluated because of a NOTIFY. */
  readonly onNotify: boolean;
  readonly repeat:
    | { readonly kind: "every_run" }
    | { readonly kind: "once" }
    | { readonly kind: "every"; readonly everyMs: number };
  readonly enteringOnly: boolean;
  readonly sources: readonly TriggerSourceConfig[];
  readonly sinks: readonly string[];
  readonly skipIfRunning: boolean;
  readonly catchUp: "none" | "last" | "all";
  /** Missed ticks that `catchUp: all` makes up for at most. */
  readonly catchUpLimit: number;
}

export interface ExportConfig {
  readonly name: string;
  readonly connector: string;
  readonly schema: string;
  readonly datasets: readonly DatasetName[];
  readonly schedule: ScheduleConfig;
  readonly onChange: boolean;
  readonly debounceMs: number;
  readonly naming: "documented" | "snake_case";
  readonly deprecatedColumns: boolean;
  readonly longValues: "truncate" | "widen";
  readonly deletes: "keep" | "propagate";
  /** `perigee_exports` and `perigee_rejects` beside the tables. */
  readonly statusTables: boolean;
  readonly maxStalenessMs: number | undefined;
}

export interface AlertsConfig {
  /** Addresses that get one POST per change of state. */
  readonly webhooks: readonly string[];
  /** Standard Webhooks secrets, newest first; empty sends unsigned (chat systems take no signature). */
  readonly secrets: readonly string[];
  readonly allowsPrivate: boolean;
}

export interface RetentionConfig {
  /** Days are given as durations; undefined keeps for ever. */
  readonly runsMs: number;
  readonly deliveriesMs: number;
  readonly eventsMs: number | undefined;
  /** Change-log rows kept for an export that is behind; beyond that it resyncs in full. */
  readonly maxChangeRows: number;
}
