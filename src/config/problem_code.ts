/** What a problem's code means and what to do about it; docs/errors.md is generated from this. */
export interface ProblemDescription {
  readonly title: string;
  readonly meaning: string;
  readonly advice: string;
}

function describe(title: string, meaning: string, advice: string): ProblemDescription {
  return { title, meaning, advice };
}

/**
 * Every code that loading a configuration can report. Codes are stable: one is never given another
 * meaning, and a retired one is not used again.
 */
export const problemCodes = {
  PG101: describe(
    "YAML is malformed",
    "The file cannot be read as YAML.",
    "Correct the marked line. Values that contain `: `, `#`, `{`, `[` or `${…}` inside flow mappings need quotes.",
  ),
  PG102: describe(
    "file cannot be read",
    "A file of the configuration folder is unreadable, too large, not UTF-8 or holds control characters.",
    "Check the file's permissions and encoding.",
  ),
  PG103: describe(
    "YAML is too big",
    "The file is nested too deeply, or its aliases unfold to too many values.",
    "Write the configuration flatter, or split it over several files.",
  ),
  PG104: describe(
    "YAML feature is not supported",
    "The file uses a tag, a key or a merge that a configuration cannot have.",
    "Write the value plainly.",
  ),
  PG105: describe(
    "key is written twice",
    "One mapping has the same key twice; YAML would silently keep one of them.",
    "Remove one of the two.",
  ),
  PG106: describe(
    "name is defined twice",
    "Two files of the folder define the same thing. Files are merged and none wins over another.",
    "Remove or rename one of the two.",
  ),
  PG107: describe(
    "no configuration found",
    "The configuration folder does not exist, cannot be listed, or holds no `*.yaml` or `*.yml` file.",
    "Pass the right folder, or put a configuration there.",
  ),
  PG108: describe(
    "too many problems",
    "There are more problems than a report lists.",
    "Correct the listed ones first; most of the others usually follow from them.",
  ),
  PG110: describe(
    "environment variable is not set",
    "A value asks for `${NAME}`, the environment has no such variable and the value names no default.",
    "Set the variable, or write `${NAME:-default}`.",
  ),
  PG111: describe(
    "interpolation is malformed",
    "`${` opens an interpolation that is none of `${NAME}`, `${NAME:-default}` and `${file:/path}`.",
    "Correct it, or write `$${` for the two characters themselves.",
  ),
  PG112: describe(
    "secret file cannot be read",
    "The file of `${file:…}` is missing, unreadable, too large or not text.",
    "Check that the secret is mounted and that the daemon's user may read it.",
  ),
  PG120: describe(
    "key is unknown",
    "No such key exists at this place.",
    "Correct the spelling; docs/configuration.md lists all keys.",
  ),
  PG121: describe(
    "key is missing",
    "A required key is absent or empty.",
    "Add it.",
  ),
  PG122: describe(
    "value has the wrong type",
    "The value is of another kind than its key wants, for example a text where a number is wanted.",
    "Write a value of the wanted kind.",
  ),
  PG123: describe(
    "value is not one of the choices",
    "The key takes one of a few words.",
    "Use one of those that the message lists.",
  ),
  PG124: describe(
    "value is out of range",
    "The value is too small, too large, too long or empty.",
    "Use a value within the range that the message names.",
  ),
  PG125: describe(
    "duration is malformed",
    "A duration is a number with a unit, or several: `500ms`, `15m`, `1h30m`, `7d`.",
    "Write the unit: ms, s, m, h, d or w.",
  ),
  PG126: describe(
    "size is malformed",
    "A size is a number with a unit: `512KB`, `64MB`, `1GB` (powers of 1024).",
    "Write the unit: B, KB, MB or GB.",
  ),
  PG127: describe(
    "cron expression is malformed",
    "The expression does not have five (or, with seconds, six) fields of valid values, or its moment never comes.",
    'Write minute, hour, day of month, month, weekday: `"0 9 * * mon-fri"`.',
  ),
  PG128: describe(
    "time zone is unknown",
    "The time zone is no name of the IANA database.",
    "Use a name such as `Europe/Kyiv` or `UTC`, never an offset: offsets know no summer time.",
  ),
  PG129: describe(
    "date is malformed",
    "A day is written `2026-01-31`, a moment `2026-01-31T09:00:00Z`.",
    "Write the date in ISO 8601.",
  ),
  PG130: describe(
    "name is not allowed",
    "Names have letters, digits, `_`, `-` and `.`, begin with a letter or `_` and have at most 63 characters; names of tables, columns and channels at most 63 bytes.",
    "Choose another name.",
  ),
  PG131: describe(
    "address is malformed",
    "A URL cannot be read, or is of a kind that does not fit here.",
    "Write `postgres://user:password@host:5432/database` for a database, `https://…` for a webhook. Percent-encode special characters of passwords.",
  ),
  PG132: describe(
    "code is unknown",
    "A country is no ISO 3166 code, or a locale no BCP 47 tag.",
    "Use a code such as `UA` for a country and `uk-UA` for a locale.",
  ),
  PG140: describe(
    "reference leads nowhere",
    "The named connector, source, segment, sink or message is not defined in any file.",
    "Correct the name, or define it.",
  ),
  PG141: describe(
    "id is used twice",
    "Two sources, segments or messages have the same id. Events and templates tell them apart by it.",
    "Give each its own id, and never reuse one that was in use.",
  ),
  PG142: describe(
    "segments refer to each other in a circle",
    "A segment's conditions lead back to the segment itself.",
    "Remove one of the references.",
  ),
  PG143: describe(
    "dataset has no such column",
    "The named column is not documented for the dataset.",
    "docs/datasets.md lists the columns. Additional fields of contacts go under `fields`.",
  ),
  PG144: describe(
    "operator is unknown",
    "No condition has this operator.",
    "docs/segments.md lists the operators.",
  ),
  PG145: describe(
    "operator's value is malformed",
    "The operator wants a value of another shape.",
    "Write the value as the message says.",
  ),
  PG146: describe(
    "operator does not fit the column",
    "The operator cannot compare values of the column's type.",
    "Use an operator for that type.",
  ),
  PG150: describe(
    "file is missing",
    "A template, certificate or key file that the configuration names cannot be read. Paths are relative to the YAML file.",
    "Correct the path, or add the file.",
  ),
  PG151: describe(
    "certificate or key is not PEM",
    "The file or value holds no PEM block of the wanted kind.",
    "Convert it to PEM (`-----BEGIN …-----`).",
  ),
  PG152: describe(
    "keys exclude each other",
    "Two keys stand together that say the same thing in different ways, or one that has no meaning beside the other.",
    "Keep one of them.",
  ),
  PG153: describe(
    "one of several keys is needed",
    "None of the keys is there that would say what this is.",
    "Add one of those that the message lists.",
  ),
  PG160: describe(
    "webhook has no secret",
    "Every webhook is signed, so that its receiver can tell Perigee from anybody else.",
    "Add `secrets`, for example `${file:/run/secrets/webhook}`; the receiver verifies with the same text.",
  ),
  PG161: describe(
    "server is reachable without a token",
    "The server would listen beyond loopback and answer render, status and metrics to anybody.",
    "Add `tokens`, or listen on 127.0.0.1.",
  ),
  PG162: describe(
    "velocityjs needs trust",
    "`engine: velocityjs` runs templates with an engine that does not confine them: whoever writes the template runs code in the daemon, beside its credentials.",
    "Use the own engine, or write `trusted: true` when all who can change the template may run code here.",
  ),
  PG170: describe(
    "URL parameter is ignored",
    "A parameter of a connection URL has no meaning here. Only a warning.",
    "Remove it.",
  ),
  PG171: describe(
    "field is filled by no import",
    "A condition uses an additional field that no import of this configuration fills. Only a warning: other programs may fill it.",
    "Correct the spelling if it is a mistake.",
  ),
  PG172: describe(
    "nothing starts it",
    "It has neither a schedule nor a notification, so it runs only by hand. Only a warning.",
    "Add `every` or `cron` if it is to run on its own.",
  ),
  PG173: describe(
    "name looks qualified",
    "A table's name holds a dot, which is taken as part of the name. Only a warning.",
    "Write the schema under `schema`.",
  ),
  PG174: describe(
    "notification never comes",
    "A trigger has `on: notify` and its segment listens to no channel. Only a warning.",
    "Add `listen` to the segment, or remove `on: notify`.",
  ),
  PG175: describe(
    "every notification sends to everybody",
    "A trigger has `on: notify` without `entering` and without a `repeat` rule, so that each notification makes an event for every member of the segment. Only a warning.",
    "Add `entering: true`, `repeat: once` or `repeat: { every: … }`.",
  ),
} as const satisfies Record<string, ProblemDescription>;

/** Stable code of a configuration problem. */
export type ProblemCode = keyof typeof problemCodes;
