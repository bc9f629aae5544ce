/** What docs/configuration.md says before its tables. */
export const configPreface =
  `<!-- Generated from src/config/schema.ts by scripts/generate_config.ts. -->

# Configuration

Perigee reads every \`*.yaml\` and \`*.yml\` file of one folder (\`config/\` unless told otherwise), in
the order of their names, and merges them by section. A name that two files define is an error
that shows both places. Paths in a file are relative to that file.

A wrong configuration never starts and never replaces a running one. All problems are reported at
once, each with file, line, column, the line itself and a code that docs/errors.md explains:
\`perigee check --offline\` does nothing else. Editors complete and check the files with
\`config/perigee.schema.json\`; put this line at a file's top:

\`\`\`yaml
# yaml-language-server: $schema=perigee.schema.json
\`\`\`

## Values from outside

| written | is |
|---|---|
| \`\${NAME}\` | the environment variable; not set is an error |
| \`\${NAME:-default}\` | the variable, or the default where it is not set or empty; defaults may nest |
| \`\${file:/run/secrets/name}\` | the file's content without its last line break |
| \`$\${\` | the two characters themselves |

They may stand anywhere in a value, also several in one. A value that is not quoted is typed after
that, so \`port: \${PORT:-8080}\` is a number; one that comes to nothing counts as not written.
Inside \`{ }\` and \`[ ]\` YAML wants quotes around them: \`{ port: "\${PORT}" }\`. Inline templates
(\`messages.<name>.subject\`, \`html\`, \`text\` and \`templates.<name>\`) are left alone: there \`\${…}\`
is Velocity's. No problem ever shows a value from outside, nor a literal password, token or secret.

## Forms

- **duration**: \`500ms\`, \`30s\`, \`15m\`, \`1h30m\`, \`7d\`, \`2w\`, or \`0\`; a day has 24 hours.
- **size**: \`512KB\`, \`64MB\`, \`1GB\`, in powers of 1024.
- **date or timestamp**: \`2026-01-31\`, \`2026-01-31T09:00:00\` (in the time zone that applies) or
  with an offset, \`2026-01-31T09:00:00Z\`.
- **cron expression**: minute, hour, day of month, month, weekday; with a sixth field the first is
  the second. \`@daily\` and the like too.
- **name**: letters, digits, \`_\`, \`-\` and \`.\`, beginning with a letter or \`_\`, 63 at most.

YAML is read as version 1.2: \`yes\` and \`on\` are texts. Anchors, aliases and \`<<\` work; top-level
keys that begin with \`x-\` are not read and may hold what anchors share. Tags are refused.`;
