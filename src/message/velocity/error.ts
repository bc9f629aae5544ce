/**
 * What went wrong in a template. The codes are stable; decide on them, never on the text.
 *
 * | code | meaning |
 * |---|---|
 * | VTL101 | the template does not parse |
 * | VTL102 | a block is not closed, or is closed twice |
 * | VTL103 | nesting or size beyond what the parser accepts |
 * | VTL201 | a method or index failed while rendering (Java would throw) |
 * | VTL202 | a regular expression is outside the supported, linear-time syntax |
 * | VTL203 | a macro, include or scope is used wrongly |
 * | VTL301–VTL305 | the limit on steps, output, range size, depth or time was reached |
 * | VTL401 | a required source has no rows: the message must not be sent |
 */
export type VelocityCode =
  | "VTL101"
  | "VTL102"
  | "VTL103"
  | "VTL201"
  | "VTL202"
  | "VTL203"
  | "VTL301"
  | "VTL302"
  | "VTL303"
  | "VTL304"
  | "VTL305"
  | "VTL401";

/** Where something stands in a template: both numbers start at 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The facts of one problem before it has a place. */
export interface Problem {
  readonly code: VelocityCode;
  readonly message: string;
  readonly hint?: string | undefined;
}

const excerptLength = 80;

/** Turns an offset into line and column; `\n`, `\r\n` and a lone `\r` end a line. */
export function positionAt(source: string, offset: number): Position {
  return positionFinder(source.slice(0, offset))(offset);
}

/** Finds the places of many offsets: the source is read once, each place takes a binary search. */
export function positionFinder(source: string): (offset: number) => Position {
  const starts = [0];
  for (const match of source.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  };
}

/** At most 80 characters of the line that holds `offset`, trimmed, around the offset. */
export function excerptAt(source: string, offset: number): string {
  const start = Math.max(source.lastIndexOf("\n", offset - 1) + 1, offset - excerptLength / 2);
  const end = source.indexOf("\n", offset);
  return source.slice(start, Math.min(end < 0 ? source.length : end, start + excerptLength)).trim();
}

/**
 * The only error that compiling or rendering a template throws. The message names the template and
 * the place and never contains data; `excerpt` is a piece of the template's own text.
 */
export class VelocityError extends Error {
  readonly code: VelocityCode;
  readonly template: string;
  readonly line: number;
  readonly column: number;
  readonly excerpt: string;
  readonly hint: string | undefined;

  constructor(problem: Problem, template: string, source: string, offset: number) {
    const { line, column } = positionAt(source, offset);
    const hint = problem.hint === undefined ? "" : ` ${problem.hint}`;
    super(`${template}:${line}:${column}: ${problem.message}.${hint}`);
    this.name = "VelocityError";
    this.code = problem.code;
    this.template = template;
    this.line = line;
    this.column = column;
    this.excerpt = excerptAt(source, offset);
    this.hint = problem.hint;
  }
}
