import {
  itemsOf,
  JavaIterator,
  MapView,
  VtlList,
  writableList,
  writableMap,
} from "./collection.ts";
import { hashCode, javaEquals } from "./equality.ts";
import { isInteger } from "./number.ts";
import { failOnNull, joinTables, MethodFailure, methodTable } from "./method_table.ts";
import type { MethodTable } from "./method_table.ts";
import { print } from "./print.ts";
import type { RenderState } from "./state.ts";

/** What every collection can do without being changed. */
const collectionMethods = methodTable<object>({
  "size()": (self, _, state) => read(state, self).length,
  "isEmpty()": (self, _, state) => read(state, self).length === 0,
  "contains(any)": (self, [item], state) => indexOf(state, read(state, self), item) >= 0,
  "containsAll(list)": (self, [items], state) =>
    read(state, items).every((item) => indexOf(state, read(state, self), item) >= 0),
  "containsAll(null)": failOnNull,
  "iterator()": (self, _, state) => iterate(state, self),
  "toArray()": (self, _, state) => new VtlList([...counted(state, self)], "array"),
  "equals(any)": (self, [other], state) => javaEquals(state, self, other),
  "hashCode()": (self, _, state) => hashCode(state, self),
  "toString()": (self, _, state) => print(state, self),
});

const indexedMethods = methodTable<object>({
  "get(int)": (self, [at], state) => itemAt(state, self, at),
  "indexOf(any)": (self, [item], state) => indexOf(state, read(state, self), item),
  "lastIndexOf(any)": (self, [item], state) => {
    const items = counted(state, self);
    for (let at = items.length - 1; at >= 0; at--) {
      if (javaEquals(state, items[at], item)) return at;
    }
    return -1;
  },
  "subList(int,int)": (self, [from, to], state) => {
    const items = counted(state, self);
    if (from < 0 || to > items.length || from > to) {
      throw new MethodFailure(
        `was given the bounds ${from} and ${to}, outside a list of ${items.length}`,
      );
    }
    return new VtlList(items.slice(from, to));
  },
  "listIterator()": (self, _, state) => iterate(state, self),
  "set(int,any)": (self, [at, item], state) => {
    const before = itemAt(state, self, at);
    writableList(state, self).items[at] = item;
    return before;
  },
});

const growingMethods = methodTable<object>({
  "add(any)": (self, [item], state) => {
    grow(state, self, 1).push(item);
    return true;
  },
  "add(int,any)": (self, [at, item], state) => {
    const items = grow(state, self, 1);
    if (at < 0 || at > items.length) failIndex(at, items.length);
    state.charge(items.length >> 4);
    items.splice(at, 0, item);
    return "";
  },
  "addAll(list)": (self, [added], state) => {
    const more = counted(state, added);
    const items = grow(state, self, more.length);
    for (const item of [...more]) items.push(item);
    return more.length > 0;
  },
  "addAll(null)": failOnNull,
  "removeAll(null)": failOnNull,
  "retainAll(null)": failOnNull,
  "remove(any)": (self, [item], state) => remove(state, self, item),
  "removeAll(list)": (self, [removed], state) => retain(state, self, removed, false),
  "retainAll(list)": (self, [kept], state) => retain(state, self, kept, true),
  "clear()": (self, _, state) => {
    const list = writableList(state, self);
    list.items = [];
    list.changes++;
    return "";
  },
});

/** java.util.List. */
export const listMethods: MethodTable = joinTables(
  collectionMethods,
  indexedMethods,
  growingMethods,
);

const fixedSize = methodTable<object>({
  "add(any)": refuseToGrow,
  "addAll(list)": refuseToGrow,
  "remove(any)": (self, [item], state) =>
    indexOf(state, read(state, self), item) >= 0 ? refuseToGrow() : false,
});

function refuseToGrow(): never {
  throw new MethodFailure("cannot change the size of an array or of a view of a map");
}

/** An array: it has an order and a size, and cannot grow. */
export const arrayMethods: MethodTable = joinTables(collectionMethods, indexedMethods, fixedSize);

/** keySet(), values() and entrySet(): what is taken out of them is taken out of the map. */
export const viewMethods: MethodTable = joinTables(
  collectionMethods,
  fixedSize,
  methodTable<MapView>({
    "remove(any)": (self, [item], state) => {
      const at = indexOf(state, read(state, self), item);
      return at >= 0 && retainInMap(state, self, (_, place) => place !== at);
    },
    "removeAll(list)": (self, [removed], state) => {
      const others = [...read(state, removed)];
      return retainInMap(state, self, (item) => indexOf(state, others, item) < 0);
    },
    "retainAll(list)": (self, [kept], state) => {
      const others = [...read(state, kept)];
      return retainInMap(state, self, (item) => indexOf(state, others, item) >= 0);
    },
    "removeAll(null)": failOnNull,
    "retainAll(null)": failOnNull,
    "clear()": (self, _, state) => {
      writableMap(state, self.owner).clear();
      return "";
    },
  }),
);

/** Takes the keys out whose places in the view are not kept; answers whether there were any. */
function retainInMap(
  state: RenderState,
  view: MapView,
  isKept: (item: unknown, at: number) => boolean,
): boolean {
  const items = [...counted(state, view)];
  const map = writableMap(state, view.owner);
  const keys = map.pairs().map(([key]) => key);
  const removed = keys.filter((_, at) => !isKept(items[at], at));
  for (const key of removed) map.delete(key);
  return removed.length > 0;
}

/** java.util.Iterator. */
export const iteratorMethods = methodTable<JavaIterator>({
  "hasNext()": (self) => self.next < self.items.length,
  "next()": (self) => {
    if (self.next >= self.items.length) throw new MethodFailure("has no further item");
    return self.items[self.next++];
  },
});

/** The methods of a list by its kind. */
export function methodsOfList(list: object): MethodTable {
  if (!(list instanceof VtlList) || list.kind === "list") return listMethods;
  return list instanceof MapView ? viewMethods : arrayMethods;
}

function read(state: RenderState, list: object): readonly unknown[] {
  return itemsOf(state, list) ?? [];
}

/** The items, charged for. */
function counted(state: RenderState, list: object): readonly unknown[] {
  const items = read(state, list);
  state.charge(items.length);
  return items;
}

function iterate(state: RenderState, list: object): JavaIterator {
  return new JavaIterator([...counted(state, list)]);
}

function indexOf(state: RenderState, items: readonly unknown[], item: unknown): number {
  state.charge(items.length >> 2);
  return items.findIndex((candidate) => javaEquals(state, candidate, item));
}

function grow(state: RenderState, list: object, added: number): unknown[] {
  const owner = writableList(state, list);
  const { items } = owner;
  owner.changes++;
  if (items.length + added > state.limits.items) state.claimItems(items.length + added);
  state.charge(added);
  return items;
}

function itemAt(state: RenderState, list: object, at: number): unknown {
  const items = read(state, list);
  if (at < 0 || at >= items.length) failIndex(at, items.length);
  return items[at];
}

function failIndex(at: number, length: number): never {
  throw new MethodFailure(`was given the index ${at}, outside a list of ${length}`);
}

/** `remove(int)` takes an item out by its place and answers it; `remove(other)` by equality. */
function remove(state: RenderState, list: object, item: unknown): unknown {
  const owner = writableList(state, list);
  const { items } = owner;
  const isPlace = isInteger(item);
  const at = isPlace ? Number(item) : indexOf(state, items, item);
  if (isPlace && (at < 0 || at >= items.length)) failIndex(at, items.length);
  if (at < 0) return false;
  state.charge(items.length >> 4);
  owner.changes++;
  const [removed] = items.splice(at, 1);
  return isPlace ? removed : true;
}

function retain(state: RenderState, list: object, others: object, keeps: boolean): boolean {
  const kept = [...read(state, others)];
  const owner = writableList(state, list);
  const before = owner.items.length;
  owner.items = owner.items.filter((item) => (indexOf(state, kept, item) >= 0) === keeps);
  state.charge(before);
  const isChanged = owner.items.length !== before;
  if (isChanged) owner.changes++;
  return isChanged;
}
