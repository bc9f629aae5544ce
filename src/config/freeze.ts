function refuse(): never {
  throw new TypeError("the configuration cannot be changed");
}

/** A map that cannot be changed: `Object.freeze` alone does not stop `set`. */
class FrozenMap<K, V> extends Map<K, V> {
  constructor(entries: Iterable<readonly [K, V]>) {
    super();
    for (const [key, value] of entries) super.set(key, value);
    Object.freeze(this);
  }
  override set(): never {
    return refuse();
  }
  override delete(): never {
    return refuse();
  }
  override clear(): never {
    return refuse();
  }
}

function frozenDate(date: Date): Date {
  const copy = new Date(date.getTime());
  for (const name of Object.getOwnPropertyNames(Date.prototype)) {
    if (name.startsWith("set")) Object.defineProperty(copy, name, { value: refuse });
  }
  return Object.freeze(copy);
}

/**
 * A copy of plain data, maps and dates in which nothing can be changed, at any depth: writing
 * throws a TypeError.
 */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return frozenDate(value) as T;
  if (value instanceof Map) {
    return new FrozenMap([...value].map(([key, each]) => [key, freezeDeep(each)] as const)) as T;
  }
  if (Array.isArray(value)) return Object.freeze(value.map(freezeDeep)) as T;
  const copy: Record<string, unknown> = Object.create(Object.getPrototypeOf(value));
  for (const [key, each] of Object.entries(value)) {
    Object.defineProperty(copy, key, { value: freezeDeep(each), enumerable: true });
  }
  return Object.freeze(copy) as T;
}
