import { PerigeeError } from "../error.ts";

/** How a CSV file is written, as its first line tells. */
export interface CsvHeader {
  readonly columns: readonly string[];
  readonly delimiter: "," | ";" | "\t";
}

/** Longest first line, bytes: 1,600 columns (Postgres's limit) with names of 63 bytes fit. */
const longestHeader = 131_072;

/**
 * Reads the first line of a CSV file and gives the file back whole, without a byte order mark, for
 * Postgres to read. The delimiter is the one of `,`, `;` and tab that the header has most of.
 * Throws PG608 for a file without a header, or whose header names a column twice or not at all.
 */
export async function readCsvHeader(
  file: AsyncIterable<Uint8Array>,
): Promise<{ header: CsvHeader; file: AsyncIterable<Uint8Array> }> {
  const chunks = file[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let line: string | undefined;
  let size = 0;
  while (line === undefined && size <= longestHeader) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    held.push(held.length === 0 ? withoutMark(value) : value);
    size += value.length;
    line = /^((?:[^"\r\n]|"(?:[^"]|"")*")+)\r?\n/.exec(decode(held))?.[1];
  }
  const header = parseHeader(line ?? decode(held).trimEnd());
  return { header, file: rest(held, chunks) };
}

async function* rest(
  held: readonly Uint8Array[],
  chunks: AsyncIterator<Uint8Array>,
): AsyncIterable<Uint8Array> {
  yield* held;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    yield next.value;
  }
}

function withoutMark(chunk: Uint8Array): Uint8Array {
  const hasMark = chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
  return hasMark ? chunk.subarray(3) : chunk;
}

function decode(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
}

function parseHeader(line: string): CsvHeader {
  const plain = line.replace(/"(?:[^"]|"")*"/g, "");
  const counted = ([",", ";", "\t"] as const)
    .map((delimiter) => ({ delimiter, count: plain.split(delimiter).length }));
  const { delimiter } = counted.reduce((best, each) => each.count > best.count ? each : best);
  const field = delimiter === "\t"
    ? /\t|("(?:[^"]|"")*"|[^\t]+)/g
    : delimiter === ";"
    ? /;|("(?:[^"]|"")*"|[^;]+)/g
    : /,|("(?:[^"]|"")*"|[^,]+)/g;
  const columns: string[] = [""];
  for (const [token, name] of line.matchAll(field)) {
    if (name === undefined) columns.push("");
    else {columns[columns.length - 1] = token.startsWith('"')
        ? token.slice(1, -1).replaceAll('""', '"')
        : token.trim();}
  }
  const repeated = columns.find((name, index) => columns.indexOf(name) !== index);
  if (columns.includes("")) throw refuse("a column has no name");
  if (repeated !== undefined) throw refuse(`column ${JSON.stringify(repeated)} is there twice`);
  return { columns, delimiter };
}

function refuse(reason: string): PerigeeError {
  return new PerigeeError(`the first line of the CSV file names no columns: ${reason}`, {
    kind: "data",
    code: "PG608",
    advice: "Write the columns' names into the first line, each once.",
  });
}
