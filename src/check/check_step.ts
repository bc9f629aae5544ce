import type { PerigeeError } from "../error.ts";
import type { ConnectionTarget } from "../postgres/target.ts";
import { describeFailure } from "../postgres/failure.ts";

/** One thing that was looked at, and how it is. */
export interface CheckStep {
  /** `hub`, or kind and name as in the configuration: `connector/shop`, `source/promo_codes`. */
  readonly subject: string;
  /** What was looked at, in a word or two: `TLS`, `key column`. */
  readonly step: string;
  /** `skipped`: an earlier failure leaves nothing to look at. */
  readonly state: "ok" | "warning" | "failed" | "skipped";
  /** One sentence without row values and secrets. */
  readonly text: string;
  /** What to do, where there is something: a sentence, or statements to run. */
  readonly advice?: string;
  /** The documented code of the error behind a failure. */
  readonly code?: string;
}

/** The steps of one subject, in order. */
export class StepList {
  readonly subject: string;
  readonly steps: CheckStep[] = [];

  constructor(subject: string) {
    this.subject = subject;
  }

  ok(step: string, text: string): void {
    this.steps.push({ subject: this.subject, step, state: "ok", text });
  }

  warn(step: string, text: string, advice?: string): void {
    const more = advice === undefined ? {} : { advice };
    this.steps.push({ subject: this.subject, step, state: "warning", text, ...more });
  }

  fail(step: string, text: string, advice: string, code?: string): void {
    const more = code === undefined ? {} : { code };
    this.steps.push({ subject: this.subject, step, state: "failed", text, advice, ...more });
  }

  skip(step: string, text: string): void {
    this.steps.push({ subject: this.subject, step, state: "skipped", text });
  }

  /** A failure in the words of the error, with `advice` in place of the error's own where given. */
  failBy(step: string, error: PerigeeError, advice?: string): void {
    this.fail(step, error.message, advice ?? error.advice ?? "", error.code);
  }

  /**
   * Answers what `work` does, or undefined after writing its failure down: whatever one look
   * throws, the next ones go on. `advise` may know better what to do than the error does.
   */
  async attempt<T>(
    step: string,
    target: ConnectionTarget,
    doing: string,
    work: () => Promise<T>,
    advise: (error: PerigeeError) => string | undefined = () => undefined,
  ): Promise<T | undefined> {
    try {
      return await work();
    } catch (cause) {
      const error = describeFailure(cause, { doing, target });
      this.failBy(step, error, advise(error));
      return undefined;
    }
  }
}
