/** A wake-up that many callers may ask for at once. */
export interface Debounced {
  /** Asks for one more call; it happens at once or, within a burst, once after it. */
  wake(): void;
  /** Forgets what was asked for; nothing is called any more. */
  stop(): void;
}

/**
 * Calls `action` for the first wake at once and, when more came within `quietMs`, once more after
 * that time: a single change costs no delay, a burst costs two calls.
 */
export function debounce(action: () => void, quietMs: number): Debounced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAsked = false;
  function call() {
    isAsked = false;
    timer = setTimeout(() => {
      timer = undefined;
      if (isAsked) call();
    }, quietMs);
    action();
  }
  return {
    wake() {
      if (timer === undefined) call();
      else isAsked = true;
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
      isAsked = false;
    },
  };
}
