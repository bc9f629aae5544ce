import { createRenderer } from "../message/renderer.ts";
import { requireContact } from "../message/find_recipient.ts";
import { explainContact, type NodeExplanation } from "../segment/explain_contact.ts";
import { systemClock } from "../clock.ts";
import type { Command } from "./command.ts";
import { parseContactWord } from "./contact_word.ts";
import { isJson, momentOption, usage, withWorkplace } from "./workplace.ts";

/** `perigee explain`: why a contact is in its segments, or not. */
export const explain: Command = {
  name: "explain",
  summary: "say for each segment why a contact is in or out, leaf by leaf",
  usage: "<contact> [--at <moment>]",
  options: [{
    name: "at",
    type: "string",
    placeholder: "moment",
    help: "as of this moment (ISO 8601; default: now)",
  }],
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
      return 0;
    }),
};

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
