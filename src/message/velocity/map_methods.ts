import { MapEntry, mapGet, mapHas, MapView, pairsOf, writableMap } from "./collection.ts";
import { hashCode, javaEquals } from "./equality.ts";
import { failOnNull, methodTable } from "./method_table.ts";
import { print } from "./print.ts";
import type { RenderState } from "./state.ts";

/** java.util.Map. */
export const mapMethods = methodTable<object>({
  "get(any)": (self, [key], state) => mapGet(state.resolve(self), key),
  "getOrDefault(any,any)": (self, [key, fallback], state) =>
    mapHas(state.resolve(self), key) ? mapGet(state.resolve(self), key) : fallback,
  "containsKey(any)": (self, [key], state) => mapHas(state.resolve(self), key),
  "containsValue(any)": (self, [value], state) =>
    pairs(state, self).some(([, candidate]) => javaEquals(state, candidate, value)),
  "size()": (self, _, state) => pairs(state, self).length,
  "isEmpty()": (self, _, state) => pairs(state, self).length === 0,
  "keySet()": (self) => new MapView("key", self),
  "values()": (self) => new MapView("value", self),
  "entrySet()": (self) => new MapView("entry", self),
  "put(any,any)": (self, [key, value], state) => put(state, self, key, value),
  "putIfAbsent(any,any)": (self, [key, value], state) => {
    const before = mapGet(state.resolve(self), key);
    if (before === null || before === undefined) put(state, self, key, value);
    return before;
  },
  "putAll(map)": (self, [other], state) => {
    for (const [key, value] of pairs(state, other)) put(state, self, key, value);
    return "";
  },
  "putAll(null)": failOnNull,
  "replace(any,any)": (self, [key, value], state) =>
    mapHas(state.resolve(self), key) ? put(state, self, key, value) : undefined,
  "remove(any)": (self, [key], state) => {
    const map = writableMap(state, self);
    const before = map.get(key);
    map.delete(key);
    return before;
  },
  "clear()": (self, _, state) => {
    writableMap(state, self).clear();
    return "";
  },
  "equals(any)": (self, [other], state) => javaEquals(state, self, other),
  "hashCode()": (self, _, state) => hashCode(state, self),
  "toString()": (self, _, state) => print(state, self),
});

/** java.util.Map.Entry. */
export const entryMethods = methodTable<MapEntry>({
  "getKey()": (self) => self.key,
  "getValue()": (self, _, state) => mapGet(state.resolve(self.map), self.key),
  "setValue(any)": (self, [value], state) => put(state, self.map, self.key, value),
  "equals(any)": (self, [other], state) => javaEquals(state, self, other),
  "toString()": (self, _, state) => print(state, self),
});

/** Writes into the map's private copy and answers what was there before. */
export function put(state: RenderState, self: object, key: unknown, value: unknown): unknown {
  const map = writableMap(state, self);
  if (map.size >= state.limits.items) state.claimItems(map.size + 1);
  state.charge(1);
  const before = map.get(key);
  map.set(key, value);
  return before;
}

function pairs(state: RenderState, map: object): (readonly [unknown, unknown])[] {
  const all = pairsOf(state, map) ?? [];
  state.charge(all.length);
  return all;
}
