import { excerptOf } from "./excerpt.ts";
import { type Place, positionOf } from "./place.ts";
import { type ProblemCode, problemCodes } from "./problem_code.ts";

export { type ProblemCode, problemCodes };

/** Where a problem is. `excerpt` is the offending line with a caret below; empty without a line. */
export interface ProblemPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly excerpt: string;
}

/** One thing that is wrong with a configuration. Holds no secret and no interpolated value. */
export interface Problem extends ProblemPlace {
  readonly code: ProblemCode;
  readonly severity: "error" | "warning";
  readonly message: string;
  /** What to write instead, where it can be guessed. */
  readonly suggestion?: string;
  /** The other place that takes part: the first of two definitions. */
  readonly related?: ProblemPlace;
}

/** What is known of a problem when it is found. */
export interface Finding {
  readonly code: ProblemCode;
  readonly place: Place | string;
  readonly message: string;
  readonly severity?: "warning";
  readonly suggestion?: string | undefined;
  readonly related?: Place | undefined;
}

function shownPlace(place: Place | string): ProblemPlace {
  if (typeof place === "string") return { file: place, line: 1, column: 1, excerpt: "" };
  return { file: place.file.path, ...positionOf(place), excerpt: excerptOf(place) };
}

/** Turns a finding into the problem that callers see. All files must be masked before. */
export function describeFinding(finding: Finding): Problem {
  return {
    code: finding.code,
    severity: finding.severity ?? "error",
    ...shownPlace(finding.place),
    message: finding.message,
    ...(finding.suggestion === undefined ? {} : { suggestion: finding.suggestion }),
    ...(finding.related === undefined ? {} : { related: shownPlace(finding.related) }),
  };
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Order of findings by file and offset: the same as that of their problems, and cheap. */
function compareFindings(one: Finding, other: Finding): number {
  const [a, b] = [one.place, other.place];
  const [first, second] = [a, b].map((place) =>
    typeof place === "string" ? place : place.file.path
  );
  return compareText(first ?? "", second ?? "") ||
    (typeof a === "string" ? 0 : a.start) - (typeof b === "string" ? 0 : b.start) ||
    compareText(one.code, other.code) || compareText(one.message, other.message);
}

/** More problems than anybody reads; each costs a look at its line. */
const mostProblems = 500;

/**
 * The findings as problems, sorted by place, each once (what is wrong behind an alias is found at
 * every use), and cut with a last word where there are too many.
 */
export function describeFindings(findings: readonly Finding[]): Problem[] {
  const problems: Problem[] = [];
  let last: Finding | undefined;
  const sorted = findings.toSorted((one, other) => {
    const bySeverity = Number(one.severity === "warning") - Number(other.severity === "warning");
    return bySeverity || compareFindings(one, other);
  });
  for (const finding of sorted) {
    if (last !== undefined && compareFindings(last, finding) === 0) continue;
    last = finding;
    if (problems.length === mostProblems) {
      const message = `There are more than ${mostProblems} problems; the others are not listed.`;
      problems.push(describeFinding({ ...finding, code: "PG108", message, suggestion: undefined }));
      break;
    }
    problems.push(describeFinding(finding));
  }
  return problems;
}

function indented(excerpt: string): string {
  return excerpt === "" ? "" : `\n${excerpt.split("\n").map((line) => `  ${line}`).join("\n")}`;
}

/**
 * One problem as text for a terminal or a log, several lines, no line break at the end:
 * `config/perigee.yaml:12:3 error PG120 …`, then the line with its caret.
 */
export function formatProblem(problem: Problem, options: { colour: boolean }): string {
  const paint = (code: string, text: string) =>
    options.colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  const place = ({ file, line, column, excerpt }: ProblemPlace) =>
    excerpt === "" ? file : `${file}:${line}:${column}`;
  const severity = paint(problem.severity === "error" ? "31" : "33", problem.severity);
  const suggestion = problem.suggestion === undefined ? "" : ` ${problem.suggestion}`;
  const head = `${paint("1", place(problem))} ${severity} ${problem.code} ${problem.message}`;
  const related = problem.related === undefined
    ? ""
    : `\n  first here: ${place(problem.related)}${indented(problem.related.excerpt)}`;
  return `${head}${suggestion}${indented(problem.excerpt)}${related}`;
}
