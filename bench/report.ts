import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { findEmbeddedBinaries, findSystemBinaries } from "../src/embedded/binaries.ts";
import { type Curve, drawCosts } from "./cost_plot.ts";
import type { PairedResult } from "./paired.ts";

/** Where and with what an area was measured. */
export interface Setting {
  readonly date: string;
  readonly machine: string;
  /** Of the runtime, the servers, and the packages that are compared with. */
  readonly versions: string;
}

/** A figure that is kept, with its setting. */
type KeptResult = PairedResult & { readonly setting: Setting };

const folder = path.join(import.meta.dirname ?? "bench", "../docs");
const [begin, end] = ["<!-- figures: npm run bench -- --write -->", "<!-- end of figures -->"];

/** Packages whose speed is in the figures. */
const packages = [
  ...["eta", "graphile-worker", "handlebars", "hono", "liquidjs", "pg-boss", "postgres", "undici"],
  "velocityjs",
];

/** This machine, runtime and the rest, now. */
export async function describeBench(): Promise<Setting> {
  const cpus = os.cpus();
  const gigabytes = Math.round(os.totalmem() / 2 ** 30);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus.length} × ${cpus[0]?.model.trim() ?? "processor"}, ${gigabytes} GiB`,
    versions: await listVersions(),
  };
}

async function listVersions(): Promise<string> {
  const { version } = await findEmbeddedBinaries();
  const [system] = await findSystemBinaries();
  const compared = system === undefined ? "" : ` (${system.version} where it is the machine's own)`;
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(path.join(folder, "../package.json"), "utf8"),
  ) as Record<"dependencies" | "devDependencies", Record<string, string>>;
  const versions: Record<string, string> = { ...dependencies, ...devDependencies };
  return [
    `Node ${process.versions.node}`,
    `PostgreSQL ${version}${compared}`,
    ...packages.map((name) => `${name} ${versions[name]}`),
  ].join(", ");
}

/** The figures as a Markdown table, one line each. */
export function tableOf(results: readonly PairedResult[]): string {
  const lines = results.map(({ area, bar, ratio, spread, limit, holds, median_ms, runs }) => {
    const verdict = limit === undefined ? "" : `${limit}${holds ? "" : ", **missed**"}`;
    return [area, bar.replaceAll("|", "\\|"), ratio, spread?.join(" – ") ?? "", verdict]
      .concat([median_ms, runs]).join(" | ");
  });
  return [
    "| area | what | figure | quartiles | bar | median, ms | runs |",
    "| --- | --- | ---: | --- | --- | ---: | ---: |",
    ...lines.map((line) => `| ${line} |`),
  ].join("\n");
}

/**
 * Puts the figures into docs/benchmarks/results.json, in place of earlier ones of the same areas (of
 * the same name alone, where only a part of the areas was measured), and all that are kept into the
 * table of docs/benchmarks.md and the plots beside it.
 */
export function keepResults(
  results: readonly PairedResult[],
  setting: Setting,
  isPart: boolean,
): void {
  const file = path.join(folder, "benchmarks/results.json");
  mkdirSync(path.dirname(file), { recursive: true });
  const before = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) as KeptResult[] : [];
  const replaces = ({ area, bar }: KeptResult) =>
    results.some((result) => result.area === area && (!isPart || result.bar === bar));
  const kept = [
    ...before.filter((result) => !replaces(result)),
    ...results.map((result) => ({ ...result, setting })),
  ].sort((a, b) => a.area < b.area ? -1 : a.area > b.area ? 1 : 0);
  writeFileSync(file, `${JSON.stringify(kept, undefined, 2)}\n`);
  writeDocument(kept);
  for (const [work, title] of Object.entries(plots)) {
    const curves = curvesOf(kept, work);
    const plot = path.join(folder, `benchmarks/${work}.svg`);
    if (curves.length > 0) writeFileSync(plot, drawCosts(title, curves));
  }
}

const plots = { load: "First load of contacts", update: "1 % of the contacts changed" };

/** Each way's times, Perigee's first; the others' follow from their ratios to it. */
function curvesOf(kept: readonly KeptResult[], work: string): Curve[] {
  const points = new Map<string, Map<number, number>>([["Perigee", new Map()]]);
  for (const { cost, median_ms, ratio } of kept) {
    if (cost?.work !== work) continue;
    points.get("Perigee")?.set(cost.rows, median_ms);
    const others = points.get(cost.other) ?? new Map<number, number>();
    points.set(cost.other, others.set(cost.rows, median_ms / ratio));
  }
  return [...points].filter(([, times]) => times.size > 0).map(([name, times]) => ({
    name,
    points: [...times].sort(([a], [b]) => a - b).map(([rows, ms]) => ({ rows, ms })),
  }));
}

function writeDocument(kept: readonly KeptResult[]): void {
  const file = path.join(folder, "benchmarks.md");
  const text = readFileSync(file, "utf8");
  const [at, until] = [text.indexOf(begin), text.indexOf(end)];
  if (at < 0 || until < 0) throw new Error(`${file} has no place for the figures: ${begin}`);
  const settings = [
    ...new Set(
      kept.map(({ setting: { date, machine, versions } }) =>
        `Measured ${date} on ${machine}: ${versions}.`
      ),
    ),
  ];
  writeFileSync(
    file,
    `${text.slice(0, at)}${begin}\n\n${settings.join("\n")}\n\n${tableOf(kept)}\n\n${
      text.slice(until)
    }`,
  );
}
