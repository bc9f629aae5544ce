import { describeProgress } from "../observe/describe_progress.ts";
import type { Observe } from "../observe/observation.ts";
import type { CommandIo } from "./command.ts";

/** Writes from the line's beginning; what does not fit is cut by the terminal and not wrapped. */
const begin = "\r\x1b[?7l";
/** Clears the rest of the line, and lets the terminal wrap again. */
const end = "\x1b[K\x1b[?7h";

/**
 * Runs `work` and shows on standard error how far it is: on a terminal one line that is written
 * over and gone at the end, elsewhere a plain line every ten seconds. Work that is done within a
 * second shows nothing.
 */
export async function withProgress<T>(
  io: CommandIo,
  work: (observe: Observe) => Promise<T>,
): Promise<T> {
  const shown = { isOpen: false };
  try {
    return await work((observation) => {
      if (observation.kind !== "work_progress") return;
      const text = describeProgress(observation);
      if (io.isErrTerminal) {
        io.err(`${begin}${text}${end}`);
        shown.isOpen = true;
      } else if (observation.isForLog) {
        io.err(`${observation.name}: ${text}\n`);
      }
    });
  } finally {
    if (shown.isOpen) io.err(`${begin}${end}`);
  }
}
