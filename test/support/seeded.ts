/** Choices that a seed and a name decide: the same two make the same choices, in the same order. */
export class Seeded {
  #state: number;

  constructor(seed: number, name = "") {
    this.#state = seed;
    for (const letter of name) this.#state = (this.#state * 31 + letter.charCodeAt(0)) | 0;
  }

  /** In [0, 1), by Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** Whether something of that probability happens. */
  isHit(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of a list, which has at least one. */
  pick<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) throw new Error("nothing to pick from");
    return found;
  }
}
