import { isMap, itemsOf, JavaIterator, MapView, pairsOf, VtlList, VtlMap } from "./collection.ts";
import type { RenderState } from "./state.ts";

/**
 * What a loop walks over, as Java's iterators walk: a replaced item is seen when its turn comes, an
 * item added or taken out ends the loop with a failure unless no turn was left.
 */
export interface LoopSource {
  /** The items when the loop begins. */
  readonly first: readonly unknown[];
  /** The items after some turns, none where the loop is over; undefined where it cannot go on. */
  after(state: RenderState, turns: number): readonly unknown[] | undefined;
}

const over: readonly unknown[] = [];

class ListSource implements LoopSource {
  readonly first: readonly unknown[];
  private readonly list: object;
  private readonly changes: number;

  constructor(state: RenderState, list: object, items: readonly unknown[]) {
    this.first = items;
    this.list = list;
    this.changes = this.changesOf(state);
  }

  after(state: RenderState, turns: number): readonly unknown[] | undefined {
    const items = itemsOf(state, this.list) ?? over;
    if (this.changesOf(state) === this.changes) return items;
    return items.length === turns ? over : undefined;
  }

  private changesOf(state: RenderState): number {
    const list = state.resolve(this.list);
    return list instanceof VtlList ? list.changes : 0;
  }
}

/** A map's values, or one of its views. */
class MapSource implements LoopSource {
  readonly first: unknown[];
  private readonly map: object;
  /** The keys whose values are walked over; null where keys or entries are. */
  private readonly keys: readonly unknown[] | null;
  private readonly changes: number;

  constructor(state: RenderState, map: object, view: MapView | null) {
    const pairs = pairsOf(state, map) ?? [];
    const isOfValues = view === null || view.part === "value";
    this.first = isOfValues ? pairs.map(([, value]) => value) : [...itemsOf(state, view)!];
    this.map = map;
    this.keys = isOfValues ? pairs.map(([key]) => key) : null;
    const resolved = state.resolve(map);
    this.changes = resolved instanceof VtlMap ? resolved.changes : 0;
  }

  after(state: RenderState, turns: number): readonly unknown[] | undefined {
    const map = state.resolve(this.map);
    if (!(map instanceof VtlMap) || turns === this.first.length) return this.first;
    if (map.changes !== this.changes) return undefined;
    if (this.keys !== null) this.first[turns] = map.get(this.keys[turns]);
    return this.first;
  }
}

/** Walks what is left of an iterator, which is a snapshot. */
function restOf(iterator: JavaIterator): LoopSource {
  const first = iterator.items.slice(iterator.next);
  iterator.next = iterator.items.length;
  return { first, after: () => first };
}

/** What `#foreach` can walk over: lists, maps' values and iterators; undefined for anything else. */
export function openSource(state: RenderState, value: unknown): LoopSource | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (value instanceof MapView) return new MapSource(state, value.owner, value);
  const items = itemsOf(state, value);
  if (items !== undefined) return new ListSource(state, value, items);
  if (value instanceof JavaIterator) return restOf(value);
  return isMap(state.resolve(value)) ? new MapSource(state, value, null) : undefined;
}
