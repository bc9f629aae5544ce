import type { PerigeeError } from "../error.ts";

/** What a run did, as numbers by name (`inserted`, `skipped`); names are stable and documented. */
export type Counts = Readonly<Record<string, number>>;

/**
 * Everything that can happen, as one closed union: the log, metrics and the status page derive from
 * it, and tests wait on it. No member holds row values, bodies or secrets.
 */
export type Observation =
  | { readonly kind: "daemon_starting"; readonly version: string; readonly runtime: string }
  | { readonly kind: "daemon_ready"; readonly url: string; readonly startedInMs: number }
  | { readonly kind: "daemon_stopping"; readonly reason: string }
  | { readonly kind: "daemon_stopped"; readonly unfinished: number }
  | { readonly kind: "progress"; readonly text: string }
  | {
    readonly kind: "cluster_started";
    readonly dataDir: string;
    readonly isNew: boolean;
    readonly version: string;
  }
  | { readonly kind: "hub_migrated"; readonly applied: readonly string[]; readonly version: string }
  | { readonly kind: "hub_outgrown"; readonly migration: string }
  | { readonly kind: "daemon_drained" }
  | { readonly kind: "config_loaded"; readonly folder: string; readonly hash: string }
  | { readonly kind: "config_reloaded"; readonly hash: string; readonly changed: readonly string[] }
  | { readonly kind: "config_refused"; readonly problems: number; readonly text: string }
  | {
    readonly kind: "connector_checked";
    readonly connector: string;
    readonly isSecured: boolean;
    readonly latencyMs: number;
  }
  | { readonly kind: "connector_failed"; readonly connector: string; readonly error: PerigeeError }
  | {
    readonly kind: "listen_started";
    readonly target: string;
    readonly channels: readonly string[];
  }
  | { readonly kind: "listen_failed"; readonly target: string; readonly error: PerigeeError }
  | { readonly kind: "listen_heard"; readonly target: string; readonly roundTripMs: number }
  | { readonly kind: "notified"; readonly target: string; readonly channel: string }
  | {
    readonly kind: "run_started";
    readonly name: string;
    readonly runId: string;
    readonly cause: string;
  }
  | {
    readonly kind: "run_finished";
    readonly name: string;
    readonly runId: string;
    readonly state: "succeeded" | "skipped";
    readonly durationMs: number;
    readonly counts: Counts;
  }
  | {
    readonly kind: "run_failed";
    readonly name: string;
    readonly runId: string;
    readonly durationMs: number;
    readonly error: PerigeeError;
    readonly retryInMs: number | undefined;
  }
  | { readonly kind: "run_taken_over"; readonly name: string; readonly runId: string }
  | {
    readonly kind: "rows_moved";
    readonly name: string;
    readonly dataset: string;
    readonly rows: number;
    readonly bytes: number;
  }
  | {
    /** Long work tells how far it is; what is short tells nothing. */
    readonly kind: "work_progress";
    readonly name: string;
    /** A dataset or a file. */
    readonly what: string;
    readonly unit: "rows" | "bytes";
    readonly stage: "copied" | "compared" | "indexed" | "written";
    readonly done: number;
    /** An estimate; undefined where there is none. */
    readonly total: number | undefined;
    /** Since the stage began. */
    readonly elapsedMs: number;
    /** A line of a log is due; the others are for somebody who looks at a terminal. */
    readonly isForLog: boolean;
  }
  | {
    readonly kind: "rows_set_aside";
    readonly name: string;
    readonly dataset: string;
    readonly rows: number;
    readonly reason: string;
  }
  | {
    readonly kind: "dataset_stopped";
    readonly name: string;
    readonly dataset: string;
    readonly error: PerigeeError;
  }
  | {
    readonly kind: "resync_needed";
    readonly name: string;
    readonly dataset: string;
    readonly reason: string;
  }
  | {
    readonly kind: "delivery_attempted";
    readonly sink: string;
    readonly outcome: "delivered" | "retry" | "permanent" | "dead";
    readonly status: number | undefined;
    readonly events: number;
    readonly durationMs: number;
  }
  | {
    readonly kind: "sink_changed";
    readonly sink: string;
    readonly state: "open" | "probing" | "closed" | "paused" | "resumed" | "disabled";
    readonly reason: string;
  }
  | { readonly kind: "message_rendered"; readonly message: string; readonly durationMs: number }
  | { readonly kind: "render_failed"; readonly message: string; readonly error: PerigeeError }
  | {
    readonly kind: "segment_rendered";
    readonly message: string;
    readonly segmentId: number;
    readonly counts: Counts;
    readonly durationMs: number;
    /** False when the client went, or a database failed. */
    readonly isComplete: boolean;
  }
  | {
    readonly kind: "request_served";
    readonly route: string;
    readonly status: number;
    readonly durationMs: number;
  }
  | { readonly kind: "alert_raised"; readonly subject: string; readonly error: PerigeeError }
  | { readonly kind: "alert_cleared"; readonly subject: string }
  | { readonly kind: "fault"; readonly where: string; readonly error: PerigeeError };

/** Where observations go. Never throws and never waits. */
export type Observe = (observation: Observation) => void;
