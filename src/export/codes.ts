/** Meaning, cause and cure of every error that exports raise themselves; docs/errors.md lists it. */
export const exportCodes: Record<string, { meaning: string; cause: string; advice: string }> = {
  PG501: {
    meaning: "an export was read from a hub that is a standby",
    cause: "the hub's address leads to a hot standby, whose snapshots do not list running writers",
    advice: "point the hub's address at the primary",
  },
  PG502: {
    meaning: "the tables belong to another hub",
    cause: "another Perigee hub exported into this schema before",
    advice: "give this export a schema of its own, or drop perigee_cursors there to take it over",
  },
  PG503: {
    meaning: "two exports with different shapes write one table",
    cause: "two exports of one hub name the same schema and dataset, with different settings",
    advice: "give one of them another schema; after renaming an export, resync it once",
  },
  PG504: {
    meaning: "the cursor moved while this run was at work",
    cause: "another daemon exported the same dataset at the same time",
    advice: "nothing to do: the other run did the work, and this one was rolled back",
  },
  PG510: {
    meaning: "some datasets of an export stopped",
    cause: "each of them met a problem of its own table, named in the message",
    advice: "do what the message says for each dataset; the others were exported",
  },
  PG511: {
    meaning: "a column of the customer's table has a type that its values cannot be cast to",
    cause: "the column was altered, or was there before the first export",
    advice: "alter the column back to the wanted type, or drop it so that it is added again",
  },
  PG512: {
    meaning: "the customer's table is no table that rows can be written to",
    cause: "a view, foreign table or other relation has the dataset's name",
    advice: "rename the relation, or export into another schema",
  },
  PG513: {
    meaning: "the customer's table has no unique index on the key",
    cause: "the primary key was dropped, is deferrable, or was never made",
    advice: "add the primary key that the message names",
  },
  PG514: {
    meaning: "so many rows were refused that the table itself must be wrong",
    cause: "a constraint, trigger or column of the customer's table refuses most rows",
    advice: "correct the table as the SQLSTATE and column in the message say, then run again",
  },
  PG515: {
    meaning: "the schema does not exist and could not be made",
    cause: "the connector's user may not create schemas in this database",
    advice: "create the schema and grant usage and create on it (`perigee grants` prints how)",
  },
  PG516: {
    meaning: "an export was stopped because nothing moved for too long",
    cause: "the customer's database or the hub stopped answering in the middle of a transfer",
    advice: "check the link; it is tried again by itself",
  },
  PG517: {
    meaning: "a table cannot be verified because it was not exported yet",
    cause: "the table or its cursor does not exist",
    advice: "run the export once",
  },
};
