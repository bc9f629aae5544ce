import { stat } from "node:fs/promises";
import path from "node:path";
import type { Clock } from "../clock.ts";

/**
 * How often the files are looked at, ms. Looking finds what file system events miss: renames over a
 * file, mounted ConfigMaps whose folder is a link that moves, network file systems.
 */
const intervalMs = 1_000;

/**
 * Calls `onChange` once, for what changed since the files were read, and then whenever one of the files or one of their folders was changed, replaced, added or
 * removed, until the signal aborts. `files` is asked each time, because a reload may read others.
 */
export async function watchFiles(
  files: () => readonly string[],
  clock: Clock,
  signal: AbortSignal,
  onChange: () => void,
): Promise<void> {
  let before = await fingerprint(files());
  onChange();
  while (!signal.aborted) {
    await clock.sleep(intervalMs, signal).catch(() => undefined);
    const now = await fingerprint(files());
    if (now !== before && !signal.aborted) onChange();
    before = now;
  }
}

async function fingerprint(files: readonly string[]): Promise<string> {
  const paths = new Set(files.flatMap((file) => [file, path.dirname(file)]));
  const states = await Promise.all(
    [...paths].sort().map(async (each) => {
      try {
        const { ino, size, mtimeMs } = await stat(each);
        return `${each} ${ino} ${size} ${mtimeMs}`;
      } catch {
        return `${each} absent`; // Removed, or between two renames; the next look finds it again.
      }
    }),
  );
  return states.join("\n");
}
