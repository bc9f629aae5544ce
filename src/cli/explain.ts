import { PerigeeError } from "../error.ts";
import type { ContactValues } from "../hub/contacts.ts";
import { createRenderer, type Renderer } from "../message/renderer.ts";
import { requireContact } from "../message/find_recipient.ts";
import { explainContact, type NodeExplanation } from "../segment/explain_contact.ts";
import { systemClock } from "../clock.ts";
import type { Command } from "./command.ts";
import { parseContactWord } from "./contact_word.ts";
import { isJson, momentOption, numberOption, usage, withWorkplace } from "./workplace.ts";

/** Rows of each source that are shown unless --rows says otherwise. */
const shownRows = 5;

/** `perigee explain`: why a contact is in its segments, or not, and what its sources say of it. */
export const explain: Command = {
  name: "explain",
  summary: "say for each segment why a contact is in or out, leaf by leaf, and show its rows",
  usage: "<contact> [--at <moment>] [--rows <n>]",
  options: [
    {
      name: "at",
      type: "string",
      placeholder: "moment",
      help: "as of this moment (ISO 8601; default: now)",
    },
    {
      name: "rows",
      type: "string",
      placeholder: "n",
      help: `rows of each source to show at most (default: ${shownRows})`,
    },
  ],
  examples: ["perigee explain kozak@example.com", "perigee explain contactId=17 --json"],
  run: (input, io) =>
    withWorkplace(input, io, async (place) => {
      const [word] = input.positionals;
      if (word === undefined) throw usage("explain takes a contact, such as kozak@example.com");
      const renderer = createRenderer({ ...place, clock: systemClock, observe: () => {} });
      const contact = await requireContact(renderer, parseContactWord(word));
      const id = String(contact["contactId"]);
      const segments = [...place.config.segments.values()];
      const now = momentOption(input, "at") ?? place.now;
      for (const each of await explainContact(id, segments, place, now)) {
        if (isJson(input)) {
          io.out(`${JSON.stringify({ contactId: id, ...each })}\n`);
          continue;
        }
        io.out(`contact ${id} is ${each.isIn ? "in" : "not in"} segment/${each.segment}\n`);
        io.out(describe(each.where, 1));
        if (each.exclude !== undefined) io.out(`  exclude:\n${describe(each.exclude, 2)}`);
      }
      const limit = numberOption(input, "rows") ?? shownRows;
      for (const source of place.config.sources.keys()) {
        const found = await rowsOf(renderer, source, contact, limit);
        if (isJson(input)) io.out(`${JSON.stringify({ contactId: id, ...found })}\n`);
        else io.out(describeRows(found));
      }
      return 0;
    }),
};

/** What a source has of a contact; `count` is of the rows that templates would get. */
interface ContactRows {
  readonly source: string;
  readonly count: number;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Why the source could not be read; the others are shown all the same. */
  readonly error: string | undefined;
}

async function rowsOf(
  renderer: Renderer,
  source: string,
  contact: ContactValues,
  limit: number,
): Promise<ContactRows> {
  try {
    const [rows = []] = await renderer.sources.read(source, [contact]);
    return { source, count: rows.length, rows: rows.slice(0, limit), error: undefined };
  } catch (error) {
    if (!(error instanceof PerigeeError)) throw error;
    return { source, count: 0, rows: [], error: `${error.code} ${error.message}` };
  }
}

function describeRows({ source, count, rows, error }: ContactRows): string {
  if (error !== undefined) return `source ${source} cannot be read: ${error}\n`;
  const head = `source ${source} has ${count} ${count === 1 ? "row" : "rows"} of the contact\n`;
  const lines = rows.map((row) => `  ${JSON.stringify(row)}\n`);
  const rest = count > rows.length ? `  … and ${count - rows.length} more\n` : "";
  return `${head}${lines.join("")}${rest}`;
}

function describe(node: NodeExplanation, depth: number): string {
  const indent = "  ".repeat(depth);
  const rows = node.rows === undefined ? "" : ` (${node.rows.meeting} of ${node.rows.all} rows)`;
  const lines = [`${indent}${node.holds ? "yes" : "no "}  ${node.node}${rows}\n`];
  for (const { column, operator, meets } of node.conditions) {
    const answer = typeof meets === "number" ? `${meets} rows` : meets ? "yes" : "no";
    lines.push(`${indent}     ${column} ${operator}: ${answer}\n`);
  }
  return lines.join("") + node.nodes.map((each) => describe(each, depth + 1)).join("");
}
