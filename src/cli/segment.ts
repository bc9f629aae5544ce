import { sampleSegment } from "../segment/sample_segment.ts";
import { segmentSql } from "../segment/segment_sql.ts";
import type { Command } from "./command.ts";
import { isJson, momentOption, numberOption, requireEntry, withWorkplace } from "./workplace.ts";

const options = [
  { name: "sample", type: "string", placeholder: "n", help: "also list that many members" },
  { name: "sql", type: "boolean", help: "show the statements instead of running them" },
  {
    name: "at",
    type: "string",
    placeholder: "moment",
    help: "evaluate as of this moment (ISO 8601; default: now)",
  },
] as const;

/** `perigee segment`: what a segment would hold. */
export const segment: Command = {
  name: "segment",
  summary: "evaluate a segment without storing it: count, members, SQL",
  usage: "<name> [--sample <n>] [--sql] [--at <moment>]",
  options,
  examples: [
    "perigee segment birthday_today --sample 10",
    "perigee segment birthday_today --at 2026-02-28",
    "perigee segment birthday_today --sql",
  ],
  run: (input, io) =>
    withWorkplace(input, io, async (place) => {
      const config = requireEntry(input, "segment", place.config.segments);
      const now = momentOption(input, "at") ?? place.now;
      if (input.values["sql"] === true) {
        const sql = await segmentSql(config, place, now);
        if (isJson(input)) io.out(`${JSON.stringify(sql)}\n`);
        else {
          for (const { leaf, connector, place: where, statement } of sql.leaves) {
            io.out(`-- leaf ${leaf}, ${where}, on connector/${connector}\n${statement};\n\n`);
          }
          io.out(`-- members, on the hub\n${sql.members};\n`);
        }
        return 0;
      }
      const limit = numberOption(input, "sample") ?? 0;
      const sample = await sampleSegment(config, place, { now, limit, signal: io.signal });
      if (isJson(input)) io.out(`${JSON.stringify({ segment: config.name, ...sample })}\n`);
      else {
        io.out(
          `${config.name}: ${sample.total} contacts; ${sample.unmatched} keys match no contact\n`,
        );
        for (const contact of sample.contacts) io.out(`  ${Object.values(contact).join("  ")}\n`);
      }
      return 0;
    }),
};
