import { isLineEnd, negate } from "./char_set.ts";
import type { CharSet } from "./char_set.ts";
import { parsePattern, PatternError } from "./parse.ts";
import type { Assertion, Pattern } from "./parse.ts";

/** One step of the automaton. */
export type Instruction =
  | { readonly op: "char"; readonly set: CharSet }
  | { readonly op: "assert"; readonly what: Assertion }
  | { readonly op: "save"; readonly slot: number }
  | { op: "split"; first: number; second: number }
  | { op: "jump"; to: number }
  | { readonly op: "match" };

/** A pattern as a list of steps for the matcher. */
export interface Program {
  readonly steps: readonly Instruction[];
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
}

/** Repetitions are written out; beyond this many steps a pattern is refused. */
const maxSteps = 2000;
const anyChar: CharSet = () => true;

/** Translates a pattern; throws PatternError where it is malformed, too large or not supported. */
export function compilePattern(source: string): Program {
  const { tree, groups, names, dotAll } = parsePattern(source);
  const steps: Instruction[] = [];
  const dot = dotAll ? anyChar : negate(isLineEnd);
  emit(steps, { kind: "group", index: 0, inner: tree }, dot);
  add(steps, { op: "match" });
  return { steps, groups, names };
}

function add<T extends Instruction>(steps: Instruction[], step: T): T {
  if (steps.length >= maxSteps) throw new PatternError(`more than ${maxSteps} steps`);
  steps.push(step);
  return step;
}

function emit(steps: Instruction[], node: Pattern, dot: CharSet): void {
  switch (node.kind) {
    case "char":
      add(steps, { op: "char", set: node.set });
      break;
    case "any":
      add(steps, { op: "char", set: dot });
      break;
    case "assert":
      add(steps, { op: "assert", what: node.what });
      break;
    case "group":
      add(steps, { op: "save", slot: node.index * 2 });
      emit(steps, node.inner, dot);
      add(steps, { op: "save", slot: node.index * 2 + 1 });
      break;
    case "sequence":
      for (const part of node.parts) emit(steps, part, dot);
      break;
    case "choice":
      emitChoice(steps, node.options, dot);
      break;
    case "repeat":
      emitRepeat(steps, node, dot);
  }
}

function emitChoice(steps: Instruction[], options: readonly Pattern[], dot: CharSet): void {
  const jumps: { to: number }[] = [];
  options.forEach((option, i) => {
    if (i === options.length - 1) {
      emit(steps, option, dot);
      return;
    }
    const split = add(steps, { op: "split", first: steps.length + 1, second: 0 });
    emit(steps, option, dot);
    jumps.push(add(steps, { op: "jump", to: 0 }));
    split.second = steps.length;
  });
  for (const jump of jumps) jump.to = steps.length;
}

function emitRepeat(
  steps: Instruction[],
  node: Extract<Pattern, { kind: "repeat" }>,
  dot: CharSet,
): void {
  const { inner, min, max, isGreedy } = node;
  for (let i = 0; i < min; i++) emit(steps, inner, dot);
  if (max === Infinity) {
    const at = steps.length;
    const split = add(steps, { op: "split", first: 0, second: 0 });
    emit(steps, inner, dot);
    add(steps, { op: "jump", to: at });
    aim(split, at + 1, steps.length, isGreedy);
    return;
  }
  const splits: { split: { first: number; second: number }; at: number }[] = [];
  for (let i = min; i < max; i++) {
    const at = steps.length;
    splits.push({ split: add(steps, { op: "split", first: 0, second: 0 }), at });
    emit(steps, inner, dot);
  }
  for (const { split, at } of splits) aim(split, at + 1, steps.length, isGreedy);
}

function aim(
  split: { first: number; second: number },
  into: number,
  past: number,
  isGreedy: boolean,
): void {
  split.first = isGreedy ? into : past;
  split.second = isGreedy ? past : into;
}
