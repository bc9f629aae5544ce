/** A part of a value: fixed text, or something that the outside supplies. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "env"; readonly name: string; readonly fallback: readonly Piece[] | undefined }
  | { readonly kind: "file"; readonly path: string };

/** Why a text is no interpolation: `index` is where in it. */
export interface InterpolationFault {
  readonly index: number;
  readonly reason: string;
}

/** Thrown within this file only, to leave the recursion. */
class Malformed extends Error {
  readonly index: number;
  constructor(index: number, reason: string) {
    super(reason);
    this.index = index;
  }
}

/** Defaults within defaults; more is a mistake or an attack on the stack. */
const deepestFallback = 16;
const variableName = /^[A-Za-z_][A-Za-z0-9_]*/;

function readOne(text: string, at: number, depth: number): { piece: Piece; next: number } {
  if (text.startsWith("${file:", at)) {
    const end = text.indexOf("}", at);
    const path = end < 0 ? "" : text.slice(at + "${file:".length, end).trim();
    if (end < 0) throw new Malformed(at, "`${file:` is not closed with `}`");
    if (path === "") throw new Malformed(at, "`${file:}` names no file");
    return { piece: { kind: "file", path }, next: end + 1 };
  }
  const name = variableName.exec(text.slice(at + 2, at + 2 + 256))?.[0];
  if (name === undefined) {
    throw new Malformed(at, "`${` is not followed by the name of an environment variable");
  }
  const after = at + 2 + name.length;
  if (text[after] === "}") {
    return { piece: { kind: "env", name, fallback: undefined }, next: after + 1 };
  }
  if (!text.startsWith(":-", after)) {
    throw new Malformed(at, "a variable's name is followed neither by `}` nor by `:-default}`");
  }
  const inner = readPieces(text, after + 2, depth + 1);
  return { piece: { kind: "env", name, fallback: inner.pieces }, next: inner.next };
}

/** Reads up to the end, or inside a default (depth > 0) past the closing brace. */
function readPieces(text: string, from: number, depth: number): { pieces: Piece[]; next: number } {
  if (depth > deepestFallback) throw new Malformed(from, "defaults are nested too deeply");
  const pieces: Piece[] = [];
  let fixed = "";
  let at = from;
  const flush = () => {
    if (fixed !== "") pieces.push({ kind: "text", text: fixed });
    fixed = "";
  };
  while (at < text.length) {
    if (depth > 0 && text[at] === "}") {
      flush();
      return { pieces, next: at + 1 };
    }
    if (text.startsWith("$${", at)) {
      fixed += "${";
      at += 3;
    } else if (text.startsWith("${", at)) {
      flush();
      const { piece, next } = readOne(text, at, depth);
      pieces.push(piece);
      at = next;
    } else {
      fixed += text[at];
      at++;
    }
  }
  if (depth > 0) throw new Malformed(from, "a default is not closed with `}`");
  flush();
  return { pieces, next: at };
}

/**
 * Splits a scalar's text at `${NAME}`, `${NAME:-default}` (used when the variable is unset or
 * empty, and may itself hold interpolations) and `${file:/path}`; `$${` stands for `${`. Any other
 * `$` is plain text. Linear in the text's length.
 */
export function parseInterpolation(
  text: string,
): { pieces: Piece[] } | { fault: InterpolationFault } {
  if (!text.includes("${")) return { pieces: text === "" ? [] : [{ kind: "text", text }] };
  try {
    return { pieces: readPieces(text, 0, 0).pieces };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { fault: { index: error.index, reason: error.message } };
  }
}

/** Where the pieces' values come from. Both may throw; the error passes through `expandPieces`. */
export interface Outside {
  /** The variable's value; undefined when it is not set. */
  findVariable(name: string): string | undefined;
  /** Called for a variable that is not set and has no default; its answer is used instead. */
  onUnset(name: string): string;
  readSecret(path: string): string;
}

/** Puts the pieces together with what the outside supplies. */
export function expandPieces(pieces: readonly Piece[], outside: Outside): string {
  return pieces.map((piece) => {
    if (piece.kind === "text") return piece.text;
    if (piece.kind === "file") return outside.readSecret(piece.path);
    const value = outside.findVariable(piece.name);
    if (piece.fallback === undefined) return value ?? outside.onUnset(piece.name);
    return value === undefined || value === "" ? expandPieces(piece.fallback, outside) : value;
  }).join("");
}
