/** Lets a loop sleep until something happens. A wake that comes while nobody sleeps is kept. */
export class WakeSignal {
  #isSet = false;
  #wakeSleeper: (() => void) | undefined;

  /** Ends the sleep that goes on, or the next one before it begins. */
  wake(): void {
    this.#isSet = true;
    this.#wakeSleeper?.();
  }

  /** Sleeps at most `ms`; answers whether it was woken. */
  async sleep(ms: number): Promise<boolean> {
    if (!this.#isSet && ms > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wakeSleeper = () => (clearTimeout(timer), resolve());
      });
      this.#wakeSleeper = undefined;
    }
    const wasWoken = this.#isSet;
    this.#isSet = false;
    return wasWoken;
  }
}
