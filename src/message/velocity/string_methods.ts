import { formatText } from "./format_text.ts";
import { itemsOf, VtlList } from "./collection.ts";
import { hashCode, javaEquals } from "./equality.ts";
import { MethodFailure, methodTable, requireText } from "./method_table.ts";
import type { Arguments } from "./method_table.ts";
import { matchesPattern, replaceAllPattern, replaceFirstPattern, splitPattern } from "./pattern.ts";
import { print } from "./print.ts";
import type { RenderState } from "./state.ts";

/** The methods of java.lang.String that templates may call. Characters are text of length one. */
export const stringMethods = methodTable<string>({
  "length()": (s) => s.length,
  "isEmpty()": (s) => s === "",
  "isBlank()": (s) => strip(s, true, true) === "",
  "charAt(int)": (s, [at]) => {
    within(s, at, s.length - 1, at, s.length);
    return s[at];
  },
  "codePointAt(int)": (s, [at]) => {
    within(s, at, s.length - 1, at, s.length);
    return s.codePointAt(at);
  },
  "substring(int)": (s, [from]) => {
    within(s, from, s.length, from, s.length);
    return s.slice(from);
  },
  "substring(int,int)": (s, [from, to]) => {
    if (from < 0 || to > s.length || from > to) failBounds(from, to, s.length);
    return s.slice(from, to);
  },
  "subSequence(int,int)": (s, [from, to]) => {
    if (from < 0 || to > s.length || from > to) failBounds(from, to, s.length);
    return s.slice(from, to);
  },
  "toUpperCase()": (s, _, state) => built(state, s.toUpperCase()),
  "toLowerCase()": (s, _, state) => built(state, s.toLowerCase()),
  "trim()": (s) => trim(s),
  "strip()": (s) => strip(s, true, true),
  "stripLeading()": (s) => strip(s, true, false),
  "stripTrailing()": (s) => strip(s, false, true),
  "concat(text)": (s, [other], state) => {
    state.claimChars(s.length + requireText(other).length);
    return s + other;
  },
  "contains(chars)": (s, [part]) => s.includes(requireText(part)),
  "startsWith(text)": (s, [part]) => s.startsWith(requireText(part)),
  "startsWith(text,int)": (s, [part, at]) => at >= 0 && s.startsWith(requireText(part), at),
  "endsWith(text)": (s, [part]) => s.endsWith(requireText(part)),
  "indexOf(text)": (s, [part]) => s.indexOf(requireText(part)),
  "indexOf(text,int)": (s, [part, at]) => s.indexOf(requireText(part), at),
  "indexOf(int)": (s, [code]) => s.indexOf(String.fromCodePoint(code & 0xffff)),
  "indexOf(int,int)": (s, [code, at]) => s.indexOf(String.fromCodePoint(code & 0xffff), at),
  "lastIndexOf(text)": (s, [part]) => s.lastIndexOf(requireText(part)),
  "lastIndexOf(text,int)": (s, [part, at]) => at < 0 ? -1 : s.lastIndexOf(requireText(part), at),
  "lastIndexOf(int)": (s, [code]) => s.lastIndexOf(String.fromCodePoint(code & 0xffff)),
  "equals(any)": (s, [other], state) => javaEquals(state, s, other),
  "equalsIgnoreCase(text)": (s, [other], state) => equalsFolded(state, s, other),
  "contentEquals(chars)": (s, [other]) => s === requireText(other),
  "compareTo(text)": (s, [other], state) => compareText(state, s, requireText(other)),
  "compareTo(any)": () => {
    throw new MethodFailure("compares with text only");
  },
  "compareToIgnoreCase(text)": (s, [other], state) =>
    compareText(state, s, requireText(other), foldUnit),
  "regionMatches(int,text,int,int)": (s, args, state) => regionMatches(state, s, args),
  "regionMatches(boolean,int,text,int,int)": (s, [folds, ...args], state) =>
    regionMatches(state, s, args, folds ? foldUnit : asIs),
  "replace(chars,chars)": (s, [from, to], state) => replaceText(state, s, from, to),
  "replaceAll(text,text)": (s, [pattern, to], state) =>
    replaceAllPattern(state, s, requireText(pattern), requireText(to)),
  "replaceFirst(text,text)": (s, [pattern, to], state) =>
    replaceFirstPattern(state, s, requireText(pattern), requireText(to)),
  "matches(text)": (s, [pattern], state) => matchesPattern(state, s, requireText(pattern)),
  "split(text)": (s, [pattern], state) => splitPattern(state, s, requireText(pattern), 0),
  "split(text,int)": (s, [pattern, limit], state) =>
    splitPattern(state, s, requireText(pattern), limit),
  "repeat(int)": (s, [times], state) => {
    if (times < 0) throw new MethodFailure(`was given the count ${times}, less than 0`);
    state.claimChars(s.length * times);
    return s.repeat(times);
  },
  "join(text,list)": (_, [separator, list], state) =>
    joinText(state, requireText(separator), [...itemsOf(state, list) ?? []]),
  "join(text,any...)": (_, [separator, ...parts], state) =>
    joinText(state, requireText(separator), parts),
  "format(text,any...)": (_, [pattern, ...values], state) =>
    formatText(state, requireText(pattern), values),
  "valueOf(any)": (_, [value], state) =>
    value === null || value === undefined ? "null" : print(state, value),
  "toCharArray()": (s, _, state) => charactersOf(state, s),
  "getBytes()": (s, _, state) => {
    state.claimItems(s.length);
    return new VtlList([...new TextEncoder().encode(s)].map((byte) => (byte << 24) >> 24), "array");
  },
  "chars()": (s, _, state) => charactersOf(state, s),
  "hashCode()": (s, _, state) => hashCode(state, s),
  "intern()": (s) => s,
  "toString()": (s) => s,
});

function charactersOf(state: RenderState, text: string): VtlList {
  state.claimItems(text.length);
  return new VtlList(text.split(""), "array");
}

function within(_: string, at: number, last: number, index: number, length: number): void {
  if (at < 0 || at > last) {
    throw new MethodFailure(`was given the index ${index}, outside text of length ${length}`);
  }
}

function failBounds(from: number, to: number, length: number): never {
  throw new MethodFailure(
    `was given the bounds ${from} and ${to}, outside text of length ${length}`,
  );
}

function built(state: RenderState, text: string): string {
  state.claimChars(text.length);
  return text;
}

/** Java's trim: everything up to the space character counts as white space. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 32) start++;
  while (end > start && text.charCodeAt(end - 1) <= 32) end--;
  return text.slice(start, end);
}

/** Java's strip: Unicode white space, but no no-break spaces. */
function strip(text: string, leading: boolean, trailing: boolean): string {
  const isBlank = (at: number) => {
    const code = text.charCodeAt(at);
    if (code >= 0x1c && code <= 0x1f) return true;
    return /[^\S\xa0\u2007\u202f\ufeff]/.test(text[at]!);
  };
  let start = 0;
  let end = text.length;
  while (leading && start < end && isBlank(start)) start++;
  while (trailing && end > start && isBlank(end - 1)) end--;
  return text.slice(start, end);
}

/** One UTF-16 unit without its case, as Java folds it: to upper case and from there to lower. */
function foldUnit(code: number): number {
  if (code < 128) return code >= 65 && code <= 90 ? code + 32 : code;
  const upper = String.fromCharCode(code).toUpperCase();
  const lower = (upper.length === 1 ? upper : String.fromCharCode(code)).toLowerCase();
  return lower.length === 1 ? lower.charCodeAt(0) : code;
}

function equalsFolded(state: RenderState, left: string, right: unknown): boolean {
  if (typeof right !== "string" || left.length !== right.length) return false;
  return compareText(state, left, right, foldUnit) === 0;
}

const asIs = (code: number): number => code;

/** Negative, zero or positive as Java computes it: the first difference, else that of lengths. */
function compareText(state: RenderState, left: string, right: string, fold = asIs): number {
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    if ((i & 1023) === 1023) state.charge(256);
    const first = left.charCodeAt(i);
    const second = right.charCodeAt(i);
    if (first === second) continue;
    const difference = fold(first) - fold(second);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function regionMatches(
  state: RenderState,
  text: string,
  [at, other, start, length]: Arguments,
  fold = asIs,
): boolean {
  const part = requireText(other);
  if (at < 0 || start < 0 || at + length > text.length || start + length > part.length) {
    return false;
  }
  const ours = text.slice(at, at + length);
  return length <= 0 || compareText(state, ours, part.slice(start, start + length), fold) === 0;
}

/** Replaces literal text everywhere; the result's length is known before it is built. */
export function replaceText(state: RenderState, text: string, from: unknown, to: unknown): string {
  const part = requireText(from);
  const replacement = requireText(to);
  state.charge((text.length >> 6) + 1);
  let count = part === "" ? text.length + 1 : 0;
  if (part !== "") {
    for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count++;
  }
  state.claimChars(text.length + count * (replacement.length - part.length));
  return part === "" && text === "" ? replacement : text.replaceAll(part, () => replacement);
}

function joinText(state: RenderState, separator: string, parts: readonly unknown[]): string {
  const texts = parts.map((part) =>
    part === null || part === undefined ? "null" : print(state, part)
  );
  const chars = texts.reduce((sum, text) => sum + text.length + separator.length, 0);
  state.charge(parts.length);
  state.claimChars(chars);
  return texts.join(separator);
}
