import { JavaDecimal } from "./decimal.ts";
import { JavaDouble, printNumber } from "./number.ts";
import type { RenderState } from "./state.ts";

/** A list that the template made or has written to. */
export class VtlList {
  items: unknown[];
  /** Java's kind: it decides the class name and whether the list may grow. */
  readonly kind: "list" | "array" | "set" | "values";
  /** How often items were added or taken out; replacing one is no such change. */
  changes = 0;

  constructor(items: unknown[], kind: "list" | "array" | "set" | "values" = "list") {
    this.items = items;
    this.kind = kind;
  }
}

/** A map that the template made or has written to. Keys keep their type and their order. */
export class VtlMap {
  /** How often keys were added or taken out; replacing a value is no such change. */
  changes = 0;
  /** How often anything was written. */
  version = 0;
  private readonly entries = new Map<unknown, readonly [unknown, unknown]>();

  constructor(pairs: readonly (readonly [unknown, unknown])[] = []) {
    for (const pair of pairs) this.entries.set(canonical(pair[0]), pair);
  }

  get size(): number {
    return this.entries.size;
  }

  has(key: unknown): boolean {
    return this.entries.has(canonical(key));
  }

  get(key: unknown): unknown {
    return this.entries.get(canonical(key))?.[1];
  }

  set(key: unknown, value: unknown): void {
    const id = canonical(key);
    const known = this.entries.get(id);
    this.version++;
    if (known === undefined) this.changes++;
    this.entries.set(id, [known === undefined ? key : known[0], value]);
  }

  delete(key: unknown): void {
    if (!this.entries.delete(canonical(key))) return;
    this.version++;
    this.changes++;
  }

  clear(): void {
    this.version++;
    this.changes++;
    this.entries.clear();
  }

  pairs(): (readonly [unknown, unknown])[] {
    return [...this.entries.values()];
  }
}

/** Whole numbers and text are their own keys; a double is told from the whole number it equals. */
function canonical(key: unknown): unknown {
  if (key instanceof JavaDouble || key instanceof JavaDecimal) return `\0${printNumber(key)}`;
  return key ?? null;
}

/** One pair of a map, as entrySet() hands it out. Its value is read from and written to the map. */
export class MapEntry {
  readonly map: object;
  readonly key: unknown;

  constructor(map: object, key: unknown) {
    this.map = map;
    this.key = key;
  }
}

/** What a map's keySet(), values() and entrySet() answer: it shows the map as it is when looked at. */
export class MapView extends VtlList {
  readonly owner: object;
  readonly part: "key" | "value" | "entry";
  private shown: object | null = null;
  private version = 0;

  constructor(part: "key" | "value" | "entry", owner: object) {
    super([], part === "value" ? "values" : "set");
    this.owner = owner;
    this.part = part;
  }

  /** Brings the items up to date. */
  refresh(state: RenderState): void {
    const map = state.resolve(this.owner);
    const version = map instanceof VtlMap ? map.version : 0;
    if (this.shown === map && this.version === version) return;
    const pairs = pairsOf(state, map) ?? [];
    state.charge(pairs.length);
    this.items = pairs.map(([key, value]) =>
      this.part === "entry" ? new MapEntry(this.owner, key) : this.part === "key" ? key : value
    );
    this.shown = map;
    this.version = version;
  }
}

/** A java.util.Iterator over a snapshot. */
export class JavaIterator {
  readonly items: readonly unknown[];
  next = 0;

  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

/** What `.class` answers: a name and nothing else. */
export class JavaClass {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Captured by value so that no later change to Object.prototype reaches the engine. */
const hasOwn = Object.hasOwn;
const prototypeOf = Object.getPrototypeOf;
const plainPrototype = Object.prototype;

/** Whether a value is a JSON object: data, not an instance of anything. */
export function isPlain(value: object): value is Record<string, unknown> {
  const prototype = prototypeOf(value);
  return prototype === plainPrototype || prototype === null;
}

/** An own property of a JSON object; undefined for anything inherited. */
export function ownValue(object: Record<string, unknown>, key: string): unknown {
  return hasOwn(object, key) ? object[key] : undefined;
}

/** The items of a list of either kind; undefined where the value is no list. */
export function itemsOf(state: RenderState, value: unknown): readonly unknown[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const resolved = state.resolve(value);
  if (resolved instanceof VtlList) {
    if (resolved instanceof MapView) resolved.refresh(state);
    return resolved.items;
  }
  return Array.isArray(resolved) ? resolved : undefined;
}

/** The pairs of a map of either kind; undefined where the value is no map. */
export function pairsOf(
  state: RenderState,
  value: unknown,
): (readonly [unknown, unknown])[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const resolved = state.resolve(value);
  if (resolved instanceof VtlMap) return resolved.pairs();
  return isMap(resolved) ? Object.entries(resolved) : undefined;
}

/** Whether a value, already resolved, is a JSON object or a map. */
export function isMap(value: object): boolean {
  return value instanceof VtlMap || (!Array.isArray(value) && isPlain(value));
}

/** A map's value; undefined where it has no such key. The map is resolved already. */
export function mapGet(map: object, key: unknown): unknown {
  if (map instanceof VtlMap) return map.get(key);
  return typeof key === "string" ? ownValue(map as Record<string, unknown>, key) : undefined;
}

/** Whether a map, resolved already, has the key. */
export function mapHas(map: object, key: unknown): boolean {
  return map instanceof VtlMap ? map.has(key) : typeof key === "string" && hasOwn(map, key);
}

/** The list itself where the template owns it, else its private copy, made at the first write. */
export function writableList(state: RenderState, list: object): VtlList {
  const resolved = state.resolve(list);
  state.hasWritten = true;
  if (resolved instanceof VtlList) return resolved;
  const items = resolved as unknown[];
  state.claimItems(items.length);
  const copy = new VtlList([...items]);
  (state.overlay ??= new Map()).set(list, copy);
  return copy;
}

/** The map itself where the template owns it, else its private copy, made at the first write. */
export function writableMap(state: RenderState, map: object): VtlMap {
  const resolved = state.resolve(map);
  state.hasWritten = true;
  if (resolved instanceof VtlMap) return resolved;
  const entries = Object.entries(resolved);
  state.claimItems(entries.length);
  const copy = new VtlMap(entries);
  (state.overlay ??= new Map()).set(map, copy);
  return copy;
}
