import type { Tally } from "./actor.ts";
import type { SoakReport } from "./run_soak.ts";

/** Most memory that a daemon may ever take in a soak, MB: more means that something is kept. */
const mostMb = 400;

/**
 * How many more files and links a daemon may have open at the end than at the beginning: pools open
 * connections as they need them, up to their sizes, and a soak begins before they did.
 */
const mostNewFiles = 30;

/** What a soak must not show; empty when it passed. */
export function judge(report: SoakReport): string[] {
  const { lost, doubled, wrong, before, after, peakMb, sessionsLeft } = report;
  const faults = [
    ...lost.map((what) => `lost: ${what}`),
    ...doubled.map((what) => `doubled: ${what}`),
    ...wrong.map((what) => `wrong: ${what}`),
  ];
  if (peakMb > mostMb) faults.push(`leaking: ${peakMb} MB, at most ${mostMb} are allowed`);
  if (sessionsLeft > 0) faults.push(`leaking: ${sessionsLeft} sessions after the daemons' end`);
  if (before !== undefined && after !== undefined && after.files > before.files + mostNewFiles) {
    faults.push(`leaking: ${before.files} open files at the beginning, ${after.files} at the end`);
  }
  return faults;
}

/** The report in words. */
export function formatReport(report: SoakReport): string {
  const { operations, faults, lost, doubled, wrong, before, after } = report;
  const usage = (name: "nowMb" | "files") => `${before?.[name] ?? "?"} → ${after?.[name] ?? "?"}`;
  return [
    `seed ${report.seed}`,
    `operations ${sum(operations)}`,
    ...lines(operations),
    `faults survived ${sum(faults)}`,
    ...lines(faults),
    `events ${report.events}, received in ${report.requests} requests`,
    `lost ${lost.length}, doubled ${doubled.length}, wrong ${wrong.length}`,
    `peak RSS ${report.peakMb} MB; of the daemon that lived all along ${usage("nowMb")} MB`,
    `open files ${usage("files")}`,
    `open connections ${report.sessions}, after the end ${report.sessionsLeft}`,
    `the other daemon was started ${report.starts} times`,
  ].join("\n");
}

function sum(tally: Tally): number {
  return [...tally.values()].reduce((total, count) => total + count, 0);
}

function lines(tally: Tally): string[] {
  return [...tally].sort().map(([what, count]) => `  ${String(count).padStart(6)} ${what}`);
}
