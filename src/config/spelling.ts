/**
 * Least number of insertions, deletions, replacements and swaps of neighbours that turn one text
 * into the other (optimal string alignment), or `limit + 1` when it is more than `limit`.
 */
export function editDistance(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwap = row > 1 && column > 1 && one[row - 1] === other[column - 2] &&
        one[row - 2] === other[column - 1];
      if (isSwap) best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1);
      current.push(best);
    }
    if (Math.min(...current) > limit) return limit + 1;
    beforeLast = last;
    last = current;
  }
  return Math.min(last[other.length] ?? 0, limit + 1);
}

/** Longest name that is compared: hostile keys of a megabyte must not cost a second. */
const longestCompared = 100;

function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_.-]/g, "");
}

/**
 * The known name that was most likely meant, or undefined. Case, `_`, `-` and spaces do not count;
 * a third of the letters may be wrong, three at most.
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  if (name.length > longestCompared) return undefined;
  const wanted = plain(name);
  const limit = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)));
  let best: string | undefined;
  let least = limit + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, plain(candidate), limit);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** ``Did you mean `port`?``, or undefined when no known name is near. */
export function suggestName(name: string, known: Iterable<string>): string | undefined {
  const meant = nearest(name, known);
  return meant === undefined ? undefined : `Did you mean \`${meant}\`?`;
}
