/** Writes docs/errors.md from the tables of error codes that the parts keep. */
import { alertCodes } from "../src/alert/codes.ts";
import { cliCodes } from "../src/cli/codes.ts";
import { problemCodes } from "../src/config/problem_code.ts";
import { connectorCodes } from "../src/connector/codes.ts";
import { exportCodes } from "../src/export/codes.ts";
import { httpCodes } from "../src/http/codes.ts";
import { hubCodes } from "../src/hub/codes.ts";
import { importCodes } from "../src/import/codes.ts";
import { messageCodes } from "../src/message/codes.ts";
import { postgresCodes } from "../src/postgres/codes.ts";
import { failures } from "../src/postgres/failure_table.ts";
import { segmentCodes } from "../src/segment/codes.ts";
import { settleGenerated } from "./generated_files.ts";

interface Entry {
  readonly meaning: string;
  readonly cause?: string;
  readonly advice: string;
}

const policies = {
  retry: "tried again on its own, with backoff",
  set_aside: "the row is set aside, the rest goes on",
  stop: "looked at again slowly, until somebody acts",
};

const failureEntries = Object.fromEntries(
  Object.entries(failures).map(([code, { finding, policy, advice }]) => [code, {
    meaning: `${finding.charAt(0).toUpperCase()}${finding.slice(1)}.`,
    cause: `What follows: ${policies[policy]}.`,
    advice,
  }]),
);

const sections: readonly (readonly [title: string, entries: Readonly<Record<string, Entry>>])[] = [
  ["Configuration", problemCodes],
  ["Databases and connections", { ...failureEntries, ...postgresCodes }],
  ["The hub and its runs", hubCodes],
  ["Exports", exportCodes],
  ["Imports", importCodes],
  ["Segments", segmentCodes],
  ["Sources", connectorCodes],
  ["Messages and rendering", messageCodes],
  ["Freshness, sinks and alerts", alertCodes],
  ["HTTP", httpCodes],
  ["Command line", cliCodes],
];

function describe(code: string, { meaning, cause, advice }: Entry): string {
  const why = cause === undefined ? "" : ` ${sentence(cause)}`;
  return `### ${code}\n\n${sentence(meaning)}${why}\n\n**What to do:** ${sentence(advice)}\n`;
}

function sentence(text: string): string {
  const start = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.?!]$/.test(start) ? start : `${start}.`;
}

const seen = new Set<string>();
const parts = sections.map(([title, entries]) => {
  const codes = Object.keys(entries).sort();
  for (const code of codes) {
    if (seen.has(code)) throw new Error(`${code} is in two tables`);
    seen.add(code);
  }
  return `## ${title}\n\n${codes.map((code) => describe(code, entries[code] as Entry)).join("\n")}`;
});

const text = `# Errors

Every error has a code that keeps its meaning. Logs, \`perigee check\`, \`/health\`, the table
\`perigee.runs\` and HTTP problems show the same codes, with a message that names the thing and what to
do. Messages never hold row values, bodies or secrets.

Errors of templates (\`VTL…\`) are in [velocity.md](velocity.md).

${parts.join("\n")}`;

settleGenerated([["docs/errors.md", text]]);
