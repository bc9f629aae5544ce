import { secretTexts } from "./secret_name.ts";
import { lineAround, type Place, positionOf } from "./place.ts";

/** Widest part of a line that is shown; longer ones are cut around the caret. */
const shownWidth = 120;
/** What is looked at for secrets around the place; wider than any URL that people write. */
const searchedWidth = 4000;
const mask = "***";

/** A control character would let a file write to the reader's terminal. */
// deno-lint-ignore no-control-regex
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

interface Range {
  readonly start: number;
  readonly end: number;
}

function maskedRanges(place: Place, line: Range): Range[] {
  const text = place.file.text.slice(line.start, line.end);
  const inText = secretTexts.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((found) => ({
      start: line.start + found.index,
      end: line.start + found.index + found[0].length,
    }))
  );
  const clipped = [...place.file.masked, ...inText]
    .map(({ start, end }) => ({
      start: Math.max(start, line.start),
      end: Math.min(end, line.end),
    }))
    .filter(({ start, end }) => end > start)
    .sort((one, other) => one.start - other.start);
  const merged: Range[] = [];
  for (const range of clipped) {
    const last = merged.at(-1);
    if (last !== undefined && range.start <= last.end) {
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    } else merged.push(range);
  }
  return merged;
}

function cleaned(text: string): string {
  return text.replace(controlCharacter, (found) => found === "\t" ? "\t" : "\ufffd");
}

/** The part of the line near the place: a line may be megabytes long. */
function nearby(place: Place): Range {
  const line = lineAround(place);
  return {
    start: Math.max(line.start, place.start - searchedWidth),
    end: Math.min(line.end, place.start + searchedWidth),
  };
}

/** The line with its secrets masked, and a function that maps offsets of the file into it. */
function maskedLine(place: Place): { text: string; indexOf: (offset: number) => number } {
  const line = nearby(place);
  const ranges = maskedRanges(place, line);
  let text = "";
  let at = line.start;
  const cuts: { offset: number; index: number; isMasked: boolean }[] = [];
  for (const range of ranges) {
    cuts.push({ offset: at, index: text.length, isMasked: false });
    text += place.file.text.slice(at, range.start);
    cuts.push({ offset: range.start, index: text.length, isMasked: true });
    text += mask;
    at = range.end;
  }
  cuts.push({ offset: at, index: text.length, isMasked: false });
  text += place.file.text.slice(at, line.end);
  const indexOf = (offset: number) => {
    const cut = cuts.findLast((each) => each.offset <= offset) ??
      { offset, index: 0, isMasked: true };
    return cut.isMasked ? cut.index : cut.index + offset - cut.offset;
  };
  return { text: cleaned(text), indexOf };
}

/**
 * The line of a place with a caret below it, ready to print: secrets masked, control characters
 * replaced, long lines cut. Two lines, without a line break at the end.
 */
export function excerptOf(place: Place): string {
  const { line } = positionOf(place);
  const shown = maskedLine(place);
  const end = Math.min(place.end, lineAround(place).end);
  const first = Math.min(shown.indexOf(place.start), shown.text.length);
  const last = Math.max(first + 1, end > place.start ? shown.indexOf(end) : first + 1);
  const from = first > shownWidth * 0.75 ? first - shownWidth / 2 : 0;
  const text = shown.text.slice(from, from + shownWidth);
  const lead = from > 0 ? "…" : "";
  const tail = from + shownWidth < shown.text.length ? "…" : "";
  const before = lead + shown.text.slice(from, first).replace(/[^\t]/gu, " ");
  const padding = lead === "" ? before : ` ${before.slice(1)}`;
  const width = [...shown.text.slice(first, Math.min(last, from + shownWidth))].length;
  const number = String(line);
  return `${number} | ${lead}${text}${tail}\n${" ".repeat(number.length)} | ${padding}${
    "^".repeat(Math.max(1, width))
  }`;
}
