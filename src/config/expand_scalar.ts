import { isAbsolute, resolve } from "node:path";
import type { TreeContext } from "./build_tree.ts";
import { expandPieces, parseInterpolation } from "./interpolation.ts";
import type { Finding } from "./problem.ts";
import type { Place } from "./place.ts";
import { readText } from "./read_text.ts";
import { shownName } from "./shown_name.ts";

/** Largest secret file: a bundle of certificates is far below. */
const maxSecretBytes = 1 << 20;

/** A scalar after interpolation, or the finding that says why it has no value. */
export type ExpandedScalar =
  | { readonly text: string; readonly isInterpolated: boolean }
  | { readonly finding: Finding };

/** Carries a finding out of the expansion; never leaves this file. */
class Unexpandable extends Error {
  readonly finding: Finding;
  constructor(finding: Finding) {
    super(finding.message);
    this.finding = finding;
  }
}

/** The place of a piece of the scalar where it stands in the file as written, else the scalar's. */
function placeOfPiece(place: Place, piece: string): Place {
  const start = place.file.text.indexOf(piece, place.start);
  if (start < 0 || start >= place.end) return place;
  return { file: place.file, start, end: start + piece.length };
}

function readSecret(written: string, place: Place, context: TreeContext): string {
  const path = isAbsolute(written) ? written : resolve(context.file.folder, written);
  context.onFile(path);
  const read = readText(path, maxSecretBytes);
  if (read.reason !== undefined) {
    throw new Unexpandable({
      code: "PG112",
      place: placeOfPiece(place, "${file:" + written),
      message: `The secret file ${shownName(written)} ${read.reason}.`,
    });
  }
  return read.text.replace(/\r?\n$/, "");
}

/** Expands a scalar that holds `${`. An unset variable or unreadable file is a finding. */
export function expandScalar(written: string, place: Place, context: TreeContext): ExpandedScalar {
  const parsed = parseInterpolation(written);
  if ("fault" in parsed) {
    const rest = written.slice(parsed.fault.index).split(/[\s}]/, 1)[0] ?? "";
    const message = `The interpolation is malformed: ${parsed.fault.reason}.`;
    const suggestion = "Write `$${` for the two characters themselves.";
    return { finding: { code: "PG111", place: placeOfPiece(place, rest), message, suggestion } };
  }
  try {
    const text = expandPieces(parsed.pieces, {
      findVariable: (name) => Object.hasOwn(context.env, name) ? context.env[name] : undefined,
      onUnset: (name) => {
        throw new Unexpandable({
          code: "PG110",
          place: placeOfPiece(place, "${" + name),
          message: `The environment variable ${name} is not set.`,
          suggestion: `Set it, or write \`\${${name}:-default}\`.`,
        });
      },
      readSecret: (path) => readSecret(path, place, context),
    });
    return { text, isInterpolated: parsed.pieces.some((piece) => piece.kind !== "text") };
  } catch (error) {
    if (!(error instanceof Unexpandable)) throw error;
    return { finding: error.finding };
  }
}
