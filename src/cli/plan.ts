import { type ExportForecast, planExport } from "../export/plan_export.ts";
import type { Command } from "./command.ts";
import { withProgress } from "./with_progress.ts";
import { isJson, requireEntry, withWorkplace } from "./workplace.ts";

/** `perigee plan`: what an export would do. */
export const plan: Command = {
  name: "plan",
  summary: "show the statements and rows that an export would write; nothing is written",
  usage: "export/<name>",
  options: [],
  examples: ["perigee plan export/shop", "perigee plan export/shop --json"],
  run: (input, io) =>
    withWorkplace(input, io, async (place) => {
      const config = requireEntry(input, "export", place.config.exports);
      const forecast = await withProgress(io, (observe) => planExport(config, place, observe));
      io.out(isJson(input) ? `${JSON.stringify(toJson(forecast))}\n` : describe(forecast));
      return forecast.stopped.size === 0 ? 0 : 1;
    }),
};

function toJson({ statements, tables, stopped }: ExportForecast): unknown {
  const errors = [...stopped].map(([dataset, { code, message, advice }]) => ({
    dataset,
    code,
    message,
    advice,
  }));
  return { statements, tables, stopped: errors };
}

function describe({ statements, tables, stopped }: ExportForecast): string {
  const lines = statements.map((statement) => `${statement};`);
  for (const table of tables) {
    const why = table.reason === undefined ? "" : ` (${table.reason})`;
    lines.push(
      `${table.table}: ${table.work}${why}: ${table.inserts} to insert, ${table.updates} to update, ` +
        `${table.deletes} to delete, ${table.unchanged} unchanged`,
      ...table.statements.map((statement) => `  ${statement};`),
    );
  }
  for (const [dataset, error] of stopped) {
    lines.push(`${dataset}: stopped: ${error.code} ${error.message}`, `  ${error.advice ?? ""}`);
  }
  return `${lines.join("\n") || "nothing to do"}\n`;
}
