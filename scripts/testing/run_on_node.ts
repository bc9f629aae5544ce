import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { type Children, runChild } from "./child.ts";
import { closeOutcome, type Outcome } from "./outcome.ts";

const reporter = new URL("./node_reporter.mjs", import.meta.url).href;

/** One line of what the reporter writes. */
interface ReportLine {
  readonly outcome: "passed" | "failed" | "skipped";
  readonly file: string;
  readonly name: string;
  readonly detail: string;
}

/** Runs test files on Node, `jobs` at a time, each in a process of its own. */
export async function runOnNode(
  files: readonly string[],
  env: Readonly<Record<string, string>>,
  children: Children,
  jobs: number,
): Promise<Outcome> {
  const given = [
    "--import",
    "tsx",
    "--test",
    `--test-concurrency=${jobs}`,
    `--test-reporter=${reporter}`,
    ...files,
  ];
  let output = "";
  const onOutput = (text: string) => output += text;
  const ended = await runChild({ file: process.execPath, given, env, children, onOutput });
  const lines = output.split("\n").filter((line) => line.startsWith("{")).map(parseLine);
  const counted: Outcome = {
    passed: lines.filter(({ outcome }) => outcome === "passed").length,
    skipped: lines.filter(({ outcome }) => outcome === "skipped").length,
    failures: lines.filter(({ outcome }) => outcome === "failed").map(shorten),
  };
  return closeOutcome(counted, ended, "node --test");
}

function parseLine(line: string): ReportLine {
  return JSON.parse(line) as ReportLine;
}

function shorten({ file, name, detail }: ReportLine): Outcome["failures"][number] {
  const place = file.startsWith("file:") ? fileURLToPath(file) : file;
  return { file: path.relative(process.cwd(), place), name, detail };
}
