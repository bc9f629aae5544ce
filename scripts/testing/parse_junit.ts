import type { Failure, Outcome } from "./outcome.ts";

interface Case {
  readonly file: string;
  readonly name: string;
  readonly body: string;
}

const suitePattern = /<testsuite name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testsuite>)/g;
const casePattern =
  /<testcase name="([^"]*)" classname="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g;

/**
 * Counts the tests in Deno's JUnit report. A test's steps are named `test > step`; a test that has
 * steps is counted by them, and by itself only when it failed and none of them did.
 */
export function parseJunit(xml: string): Outcome {
  const cases: Case[] = [];
  for (const [, , suite = ""] of xml.matchAll(suitePattern)) {
    for (const [, name = "", file = "", body = ""] of suite.matchAll(casePattern)) {
      cases.push({ file: unescapeXml(file), name: unescapeXml(name), body });
    }
  }
  const hasSteps = (one: Case) => cases.some(({ name }) => name.startsWith(`${one.name} > `));
  const counted = cases.filter((one) =>
    !hasSteps(one) || /message="(?!\d+ test step)/.test(one.body)
  );
  const failures = counted.filter(({ body }) => body.includes("<failure")).map(readFailure);
  const skipped = counted.filter(({ body }) => body.includes("<skipped")).length;
  return { passed: counted.length - failures.length - skipped, skipped, failures };
}

function readFailure({ file, name, body }: Case): Failure {
  const text = /<failure[^>]*>([\s\S]*?)<\/failure>/.exec(body)?.[1] ?? "";
  return { file, name, detail: unescapeXml(text) };
}

const entities: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};

function unescapeXml(text: string): string {
  return text.replaceAll(/&(#\d+|#x[0-9a-f]+|[a-z]+);/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return entities[name] ?? whole;
    const isHex = name[1] === "x" || name[1] === "X";
    return String.fromCodePoint(Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10));
  });
}
