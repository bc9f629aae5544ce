import { isLineEnd, isWordChar } from "./char_set.ts";
import type { Assertion } from "./parse.ts";
import type { Program } from "./program.ts";

/** Start and end of the match and of each group; -1 where a group took no part. */
export type Captures = Int32Array;

/** Threads of the automaton in order of preference, each with its captures. */
class ThreadList {
  readonly steps: number[] = [];
  readonly captures: Captures[] = [];
  private readonly seen: Int32Array;
  private mark = 0;

  constructor(size: number) {
    this.seen = new Int32Array(size);
  }

  clear(): void {
    this.steps.length = 0;
    this.captures.length = 0;
    this.mark++;
  }

  /** Answers false where the step is in the list already. */
  visit(step: number): boolean {
    if (this.seen[step] === this.mark + 1) return false;
    this.seen[step] = this.mark + 1;
    return true;
  }
}

/**
 * Finds the leftmost match that starts at or after `from`, preferring as Java does. All alternatives
 * advance together through the text, so the time is at most text length × program length; `charge`
 * is told of the work and may throw. With `whole`, only a match of all the text counts.
 */
export function findMatch(
  program: Program,
  text: string,
  from: number,
  whole: boolean,
  charge: (work: number) => void,
): Captures | undefined {
  const { steps } = program;
  let current = new ThreadList(steps.length);
  let next = new ThreadList(steps.length);
  current.clear();
  next.clear();
  let found: Captures | undefined;
  const empty = new Int32Array((program.groups + 1) * 2).fill(-1);
  for (let at = from;;) {
    if (found === undefined && (!whole || at === from)) {
      follow(program, current, 0, empty, text, at);
    }
    if (current.steps.length === 0 && (found !== undefined || whole)) return found;
    charge(current.steps.length + 1);
    const code = at < text.length ? text.codePointAt(at)! : -1;
    const after = at + (code > 0xffff ? 2 : 1);
    for (let i = 0; i < current.steps.length; i++) {
      const step = steps[current.steps[i]!];
      if (step!.op === "match") {
        if (whole && at < text.length) continue;
        found = current.captures[i];
        break;
      }
      if (step!.op === "char" && code >= 0 && step!.set(code)) {
        follow(program, next, current.steps[i]! + 1, current.captures[i]!, text, after);
      }
    }
    if (code < 0) return found;
    [current, next] = [next, current];
    next.clear();
    at = after;
  }
}

/** Adds the steps that are reached from one without reading a character, in order of preference. */
function follow(
  program: Program,
  list: ThreadList,
  start: number,
  captures: Captures,
  text: string,
  at: number,
): void {
  const stack: { step: number; captures: Captures }[] = [{ step: start, captures }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (!list.visit(top.step)) continue;
    const step = program.steps[top.step];
    switch (step!.op) {
      case "jump":
        stack.push({ step: step!.to, captures: top.captures });
        break;
      case "split":
        stack.push({ step: step!.second, captures: top.captures });
        stack.push({ step: step!.first, captures: top.captures });
        break;
      case "save": {
        const saved = top.captures.slice();
        saved[step!.slot] = at;
        stack.push({ step: top.step + 1, captures: saved });
        break;
      }
      case "assert":
        if (holds(step!.what, text, at)) stack.push({ step: top.step + 1, captures: top.captures });
        break;
      default:
        list.steps.push(top.step);
        list.captures.push(top.captures);
    }
  }
}

function holds(what: Assertion, text: string, at: number): boolean {
  const before = at > 0 ? text.charCodeAt(at - 1) : -1;
  const after = at < text.length ? text.charCodeAt(at) : -1;
  switch (what) {
    case "start":
      return at === 0;
    case "end":
      return at === text.length;
    case "lastLine":
      return at === text.length || isFinalLineEnd(text, at);
    case "lineStart":
      return at === 0 ||
        (isLineEnd(before) && at < text.length && !(before === 13 && after === 10));
    case "lineEnd":
      return at === text.length || (isLineEnd(after) && !(before === 13 && after === 10));
    case "word":
      return isWordChar(before) !== isWordChar(after);
    case "noWord":
      return isWordChar(before) === isWordChar(after);
  }
}

function isFinalLineEnd(text: string, at: number): boolean {
  if (at === text.length - 2) return text.startsWith("\r\n", at);
  if (at !== text.length - 1 || !isLineEnd(text.charCodeAt(at))) return false;
  return !(text[at] === "\n" && text[at - 1] === "\r");
}
