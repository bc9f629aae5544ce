import type { ExportConfig } from "../config/model.ts";
import {
  maxListed,
  repairExport,
  type VerifiedTable,
  verifyExport,
  type VerifyReport,
} from "../export/verify_export.ts";
import type { Command, CommandIo } from "./command.ts";
import { reportRun } from "./report_run.ts";
import { runByHand } from "./run_by_hand.ts";
import { withProgress } from "./with_progress.ts";
import { isJson, requireEntry, withWorkplace, type Workplace } from "./workplace.ts";

/** Differences that a terminal shows of each table; --json has them up to `maxListed`. */
const shownDifferences = 20;

/** `perigee verify`: are the customer's tables what the hub has? */
export const verify: Command = {
  name: "verify",
  summary: "compare an export's tables with the hub, by count and hash of key ranges",
  usage: "export/<name> [--repair]",
  options: [{
    name: "repair",
    type: "boolean",
    help: "export the rows that differ again at once, and compare once more",
  }],
  examples: ["perigee verify export/shop", "perigee verify export/shop --repair"],
  run: (input, io) =>
    withWorkplace(input, io, async (place) => {
      const config = requireEntry(input, "export", place.config.exports);
      const found = await compare(config, place, isJson(input), io);
      const differs = found.tables.some(({ differing }) => differing > 0);
      if (input.values["repair"] !== true || !differs) return isClean(found) ? 0 : 1;
      const result = await runByHand(`export/${config.name}`, place.now, io, place, (job) => ({
        ...job,
        work: (context) => repairExport(config, context, place, found),
      }));
      const exitCode = reportRun(`repair of export/${config.name}`, result, isJson(input), io);
      if (exitCode !== 0) return exitCode;
      return isClean(await compare(config, place, isJson(input), io)) ? 0 : 1;
    }),
};

async function compare(
  config: ExportConfig,
  place: Workplace,
  asJson: boolean,
  io: CommandIo,
): Promise<VerifyReport> {
  const found = await withProgress(io, (observe) => verifyExport(config, place, observe));
  for (const table of found.tables) {
    io.out(asJson ? `${JSON.stringify(table)}\n` : describe(table));
  }
  for (const [dataset, error] of found.stopped) {
    io.err(`${dataset}: not compared: ${error.code} ${error.message}\n`);
  }
  return found;
}

function isClean({ tables, stopped }: VerifyReport): boolean {
  return stopped.size === 0 && tables.every(({ differing }) => differing === 0);
}

function describe(verified: VerifiedTable): string {
  const { table, differing, differences, hubRows, tableRows, pending, rejected, kept } = verified;
  const notes = [
    pending > 0 ? `${pending} not exported yet` : "",
    rejected > 0 ? `${rejected} set aside` : "",
    kept > 0 ? `${kept} kept though deleted in the hub` : "",
    differing > maxListed ? `the first ${maxListed} are listed` : "",
  ].filter((note) => note !== "");
  const state = differing === 0 ? "equal" : `${differing} rows differ`;
  const lines = differences.slice(0, shownDifferences).map(({ key, kind }) => `  ${kind} ${key}\n`);
  return `${table}: ${state} (${hubRows} rows in the hub, ${tableRows} in the table` +
    `${notes.map((note) => `, ${note}`).join("")})\n${lines.join("")}`;
}
