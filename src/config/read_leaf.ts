import * as v from "valibot";
import type { LeafAbout, Section } from "./leaf.ts";
import type { Finding, ProblemCode } from "./problem.ts";
import { shownName } from "./shown_name.ts";
import { suggestName } from "./spelling.ts";
import type { ScalarNode } from "./tree.ts";
import { typeScalar } from "./scalar.ts";

/** A value, or the finding that says what is wrong with it. */
export interface LeafResult {
  readonly value?: unknown;
  readonly finding?: Finding;
  /** There is a finding, and yet a value that the next stage can look at. */
  readonly isUsable?: true;
}

/**
 * What the schema gets to see: where text is wanted the text as written, so that `00123` and an
 * environment's `1e5` stay what they are; else the typed value, also of a quoted interpolation,
 * which `{ port: "${PORT}" }` cannot avoid.
 */
function candidateOf(schemaType: string, node: ScalarNode): unknown {
  if (schemaType === "string" || schemaType === "picklist") {
    const isText = node.isQuoted || node.isInterpolated || typeof node.value === "number";
    return isText ? node.text : node.value;
  }
  return node.isInterpolated && node.isQuoted ? typeScalar(node.text) : node.value;
}

function shown(node: ScalarNode, leaf: LeafAbout | undefined): string {
  if (leaf?.isSecret) return "something else";
  if (node.isInterpolated) return "something else in what the environment or a file supplied";
  const { value } = node;
  if (typeof value !== "string") return `\`${node.text}\``;
  return `the text "${shownName(value)}"`;
}

function codeOf(
  schemaType: string,
  issue: v.BaseIssue<unknown>,
  candidate: unknown,
  leaf: LeafAbout | undefined,
): ProblemCode {
  if (schemaType === "picklist" && typeof candidate === "string") return "PG123";
  return issue.kind === "schema" ? "PG122" : leaf?.code ?? "PG124";
}

function suggestionFor(
  schema: v.GenericSchema & { readonly options?: unknown },
  node: ScalarNode,
  candidate: unknown,
  leaf: LeafAbout | undefined,
): string | undefined {
  if (node.isInterpolated || leaf?.isSecret) return undefined;
  if (typeof candidate === "boolean" && typeof node.value === "boolean") {
    return `If the text is meant, write "${node.text}".`;
  }
  const own = leaf?.suggest?.(node.text);
  if (own !== undefined) return own;
  const isChoice = Array.isArray(schema.options) && typeof schema.options[0] === "string";
  if (isChoice) return suggestName(node.text, schema.options as string[]);
  const isQuotedNumber = node.isQuoted && typeof candidate === "string" &&
    typeof typeScalar(node.text) !== "string";
  return isQuotedNumber ? "Remove the quotes." : undefined;
}

/** Checks one scalar by the schema of its key. Messages never hold secrets or outside values. */
export function readLeaf(
  schema: v.GenericSchema,
  leaf: LeafAbout | undefined,
  node: ScalarNode,
  label: string,
  names: ReadonlyMap<Section, ReadonlySet<string>> | undefined,
): LeafResult {
  const candidate = candidateOf(schema.type, node);
  const result = v.safeParse(schema, candidate, { abortPipeEarly: true });
  if (!result.success) {
    const message = `\`${label}\` wants ${leaf?.wanted ?? "another value"}; found ${
      shown(node, leaf)
    }.`;
    const suggestion = suggestionFor(schema, node, candidate, leaf);
    const code = codeOf(schema.type, result.issues[0], candidate, leaf);
    return { finding: { code, place: node.place, message, suggestion } };
  }
  const section = leaf?.refersTo;
  const known = section === undefined ? undefined : names?.get(section);
  if (known === undefined || known.has(String(result.output))) return { value: result.output };
  const wanted = node.isInterpolated
    ? "the given name"
    : `\`${String(result.output).slice(0, 80)}\``;
  const finding: Finding = {
    code: "PG140",
    place: node.place,
    message: `\`${label}\`: there is no ${wanted} among \`${section}\`.`,
    suggestion: node.isInterpolated ? undefined : suggestName(String(result.output), known),
  };
  return { value: result.output, finding, isUsable: true };
}
