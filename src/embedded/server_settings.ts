/** What the settings of an embedded server depend on. */
export interface SettingsInput {
  readonly port: number;
  /** The data may be lost with the machine: nothing waits for the disk. */
  readonly isThrowaway: boolean;
  readonly more: Readonly<Record<string, string>>;
}

/** Reachable over loopback TCP alone, and modest, because it shares a developer's machine. */
const always: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  password_encryption: "scram-sha-256",
  max_connections: "200",
  shared_buffers: "128MB",
  max_prepared_transactions: "20",
  max_wal_size: "1GB",
  timezone: "UTC",
  log_timezone: "UTC",
  log_min_messages: "warning",
  jit: "off",
};

/** A week of logs, a file a weekday, each begun anew after a week: they stay small by themselves. */
const lasting: Readonly<Record<string, string>> = {
  logging_collector: "on",
  log_directory: "log",
  log_filename: "postgres-%a.log",
  log_truncate_on_rotation: "on",
  log_rotation_age: "1d",
  log_rotation_size: "0",
};

const throwaway: Readonly<Record<string, string>> = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  autovacuum_naptime: "5s",
};

/** The file `perigee.conf`, which postgresql.conf includes last. */
export function formatSettings(input: SettingsInput): string {
  const settings = {
    ...always,
    ...(input.isThrowaway ? throwaway : lasting),
    port: String(input.port),
    ...input.more,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quoteSetting(value)}`);
  return `# Written at every start; changes here are lost.\n${lines.join("\n")}\n`;
}

/** In postgresql.conf a quote is doubled, and a backslash has C's meaning. */
function quoteSetting(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
