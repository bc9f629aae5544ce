/** A shorter text for the template of that place in the list. */
export interface Candidate {
  readonly of: number;
  readonly text: string;
}

/** Rounds after which a template is short enough to look at, or never will be. */
const maxRounds = 60;

/**
 * Takes parts out of templates as long as they still show what they were found for. Each round asks
 * `stillShows` about all candidates at once, since asking Java costs the start of a process; the
 * shortest candidate that it answers true for goes on.
 */
export async function shrink(
  templates: readonly string[],
  stillShows: (candidates: readonly Candidate[]) => Promise<readonly boolean[]>,
): Promise<string[]> {
  const best = [...templates];
  let open = best.map((_, of) => of);
  for (let round = 0; round < maxRounds && open.length > 0; round++) {
    const candidates = open.flatMap((of) => shorter(best[of]!).map((text) => ({ of, text })));
    const shows = await stillShows(candidates);
    const shrunk = new Set<number>();
    candidates.forEach(({ of, text }, i) => {
      if (!shows[i] || text.length >= best[of]!.length) return;
      best[of] = text;
      shrunk.add(of);
    });
    open = [...shrunk];
  }
  return best;
}

/** The text without one of its halves, quarters, … down to single tokens. */
function shorter(text: string): string[] {
  const tokens = text.match(/\w+|\s+|[^]/gu) ?? [];
  const candidates = new Set<string>();
  for (let size = Math.ceil(tokens.length / 2);; size = Math.ceil(size / 2)) {
    const step = Math.max(1, Math.floor(size / 2));
    for (let at = 0; at < tokens.length; at += step) {
      candidates.add([...tokens.slice(0, at), ...tokens.slice(at + size)].join(""));
    }
    if (size === 1) return [...candidates].filter((candidate) => candidate !== "");
  }
}
