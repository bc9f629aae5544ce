/** As a server for work is set: durable, and without background work in the measured time. */
export const durableSettings = {
  shared_buffers: "1GB",
  max_wal_size: "16GB",
  checkpoint_timeout: "1h",
  autovacuum: "off",
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  wal_compression: "off",
} as const;
