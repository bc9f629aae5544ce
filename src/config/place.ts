/** One text file of the configuration. `path` is what people see. */
export interface SourceFile {
  readonly path: string;
  /** Absolute folder that relative paths in the file start from. */
  readonly folder: string;
  readonly text: string;
  /** Offset of each line's first character. */
  readonly lineStarts: readonly number[];
  /** Ranges whose text is never shown: literal passwords, tokens and secrets. */
  readonly masked: { start: number; end: number }[];
}

/** A stretch of a file, in UTF-16 offsets; `end` is exclusive. */
export interface Place {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** A position as people count: from 1, columns in characters (code points). */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Makes a source file out of its text. Lines end with LF or CRLF. */
export function openSource(path: string, folder: string, text: string): SourceFile {
  const lineStarts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    lineStarts.push(at + 1);
  }
  return { path, folder, text, lineStarts, masked: [] };
}

/** Index, from 0, of the line that holds the offset. */
export function lineIndexAt(file: SourceFile, offset: number): number {
  let low = 0;
  let high = file.lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((file.lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Line and column of a place's start. */
export function positionOf(place: Place): Position {
  const line = lineIndexAt(place.file, place.start);
  const { text, lineStarts } = place.file;
  let column = 1;
  for (let at = lineStarts[line] ?? 0; at < place.start; at++) {
    const isPair = text.charCodeAt(at) >= 0xd800 && text.charCodeAt(at) < 0xdc00;
    if (isPair) at++;
    column++;
  }
  return { line: line + 1, column };
}

/** `config/perigee.yaml:12:9`. */
export function formatPlace(place: Place): string {
  const { line, column } = positionOf(place);
  return `${place.file.path}:${line}:${column}`;
}

/** Start and end offset of the line in which the place starts, without its line break. */
export function lineAround(place: Place): { start: number; end: number } {
  const { file } = place;
  const index = lineIndexAt(file, place.start);
  const start = file.lineStarts[index] ?? 0;
  const next = file.lineStarts[index + 1];
  const end = next === undefined ? file.text.length : next - 1;
  return { start, end: end > start && file.text[end - 1] === "\r" ? end - 1 : end };
}
