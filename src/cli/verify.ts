import { type VerifiedTable, verifyExport } from "../export/verify_export.ts";
import { resyncExport } from "../export/resync_export.ts";
import type { Command, CommandIo } from "./command.ts";
import { isJson, requireEntry, withWorkplace } from "./workplace.ts";

/** Differences that a terminal shows of each table; --json has all. */
const shownDifferences = 20;

/** `perigee verify`: are the customer's tables what the hub has? */
export const verify: Command = {
  name: "verify",
  summary: "compare an export's tables with the hub, by count and hash of key ranges",
  usage: "export/<name> [--repair]",
  options: [{
    name: "repair",
    type: "boolean",
    help: "mark tables that differ for a full resync at the export's next run",
  }],
  examples: ["perigee verify export/shop", "perigee verify export/shop --repair"],
  run: (input, io) =>
    withWorkplace(input, io, async (place) => {
      const config = requireEntry(input, "export", place.config.exports);
      const { tables, stopped } = await verifyExport(config, place);
      for (const table of tables) {
        if (isJson(input)) io.out(`${JSON.stringify(table)}\n`);
        else report(table, io);
      }
      for (const [dataset, error] of stopped) {
        io.err(`${dataset}: not compared: ${error.code} ${error.message}\n`);
      }
      const differing = tables.filter(({ differences }) => differences.length > 0);
      if (differing.length > 0 && input.values["repair"] === true) {
        const datasets = differing.map(({ dataset }) => dataset);
        await resyncExport(config, place, datasets);
        io.err(
          `${datasets.join(", ")}: resynced in full at the next run of export/${config.name}\n`,
        );
      }
      return differing.length === 0 && stopped.size === 0 ? 0 : 1;
    }),
};

function report(table: VerifiedTable, io: CommandIo): void {
  const { differences, hubRows, tableRows, pending, rejected, kept } = table;
  const notes = [
    pending > 0 ? `${pending} not exported yet` : "",
    rejected > 0 ? `${rejected} set aside` : "",
    kept > 0 ? `${kept} kept though deleted in the hub` : "",
  ].filter((note) => note !== "");
  const state = differences.length === 0 ? "equal" : `${differences.length} rows differ`;
  io.out(
    `${table.table}: ${state} (${hubRows} rows in the hub, ${tableRows} in the table` +
      `${notes.map((note) => `, ${note}`).join("")})\n`,
  );
  for (const { key, kind } of differences.slice(0, shownDifferences)) {
    io.out(`  ${kind} ${key}\n`);
  }
}
