import { type Document, type ErrorCode, isCollection, isScalar, parseDocument, visit } from "yaml";
import { buildTree, type TreeContext } from "./build_tree.ts";
import type { Finding } from "./problem.ts";
import { lineIndexAt, type SourceFile } from "./place.ts";
import type { TreeNode } from "./tree.ts";
import { describeYamlFault } from "./yaml_fault.ts";

/** Complaints that are shown of one file: after some, they only repeat the first. */
const shownFaults = 10;

/**
 * Compact nesting (`- - - -`) costs the YAML parser a stack frame each, and on a nearly full stack
 * V8 ends the process instead of throwing; such lines never reach it.
 */
const compactNesting = /^[ \t]*(?:[-?:][ \t]+){64}/m;

/** Control characters that YAML forbids and a terminal would obey. */
// deno-lint-ignore no-control-regex
const forbiddenCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** What one file came to. `isWhole` is false when parts of it could not be read. */
export interface ParsedFile {
  readonly root: TreeNode | undefined;
  readonly isWhole: boolean;
  readonly findings: readonly Finding[];
}

function fail(file: SourceFile, code: Finding["code"], index: number, message: string): ParsedFile {
  const place = { file, start: index, end: index };
  return { root: undefined, isWhole: false, findings: [{ code, place, message }] };
}

function parseGuarded(text: string): Document.Parsed | undefined {
  try {
    return parseDocument(text, {
      schema: "failsafe", // every scalar stays text: typing is ours, after interpolation
      uniqueKeys: false, // ours is linear and names both places
      prettyErrors: false,
      logLevel: "error", // below that, a second document would be dropped without a word
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined; // stack overflow
    throw error;
  }
}

function faultFinding(file: SourceFile, code: ErrorCode, start: number): Finding {
  const isTooDeep = code === "RESOURCE_EXHAUSTION";
  const line =
    file.text.slice(file.text.lastIndexOf("\n", start - 1) + 1, start + 200).split("\n")[0];
  return {
    code: isTooDeep ? "PG103" : "PG101",
    place: { file, start, end: start },
    message: describeYamlFault(code),
    suggestion: line?.includes("${") && /[{[]/.test(line.replaceAll("${", ""))
      ? "Inside `{ }` and `[ ]` a `${…}` needs double quotes around it."
      : undefined,
  };
}

/** Where the quote or bracket opens that is still open at the offset; undefined when none is. */
function findOpening(document: Document.Parsed, at: number): number | undefined {
  let opening: number | undefined;
  visit(document, (_key, node) => {
    const isBracket = isCollection(node) && node.flow === true;
    const isQuote = isScalar(node) && node.type?.startsWith("QUOTE") === true;
    if (!isBracket && !isQuote) return;
    const [start, end] = node.range ?? [at, 0];
    if (start < at && end >= at) opening = start;
  });
  return opening;
}

/** The parser's complaints, one a line: what follows on the same line is mostly its echo. */
function faultFindings(file: SourceFile, document: Document.Parsed): Finding[] {
  const byLine = new Map<number, Finding>();
  for (const { code, pos } of document.errors) {
    const start = Math.min(pos[0], file.text.length);
    const line = lineIndexAt(file, start);
    if (byLine.has(line)) continue;
    // The end of the file is where the parser notices; the opening is what people look for.
    const isAtEnd = code === "MISSING_CHAR" && file.text.slice(start).trim() === "";
    const opening = isAtEnd ? findOpening(document, start) : undefined;
    byLine.set(line, faultFinding(file, code, opening ?? start));
    if (byLine.size === shownFaults) break;
  }
  return [...byLine.values()];
}

/**
 * Parses one YAML file into a tree with places, interpolated and typed. Never throws for anything
 * that a file can hold; time is linear in its length.
 */
export function parseYaml(file: SourceFile, outside: Omit<TreeContext, "file">): ParsedFile {
  const forbidden = file.text.search(forbiddenCharacter);
  if (forbidden >= 0) {
    const shown = `U+${
      file.text.charCodeAt(forbidden).toString(16).toUpperCase().padStart(4, "0")
    }`;
    return fail(file, "PG102", forbidden, `The file holds the control character ${shown}.`);
  }
  const compact = file.text.search(compactNesting);
  if (compact >= 0) return fail(file, "PG103", compact, describeYamlFault("RESOURCE_EXHAUSTION"));
  const document = parseGuarded(file.text);
  if (document === undefined) {
    return fail(file, "PG103", 0, describeYamlFault("RESOURCE_EXHAUSTION"));
  }
  const faults = faultFindings(file, document);
  const built = buildTree(document.contents, { ...outside, file });
  if (faults.length > 0) return { root: undefined, isWhole: false, findings: faults };
  return { root: built.root, isWhole: built.root !== undefined, findings: built.findings };
}
