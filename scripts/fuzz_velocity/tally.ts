import { option } from "./ask_java.ts";

/** Counts explained differences by their reason and shows the others, a few in full. */
export class Tally {
  private readonly explained = new Map<string, number>();
  private readonly sampled = option("sample", "");
  private readonly shown = Number(option("show", "20"));
  private unexplained = 0;

  /** `--sample text` shows also those differences whose reason contains the text. */
  note(reason: string | undefined, difference: Record<string, unknown>): void {
    if (reason === undefined) this.unexplained++;
    else this.explained.set(reason, (this.explained.get(reason) ?? 0) + 1);
    const isSampled = this.sampled !== "" && reason?.includes(this.sampled);
    if (isSampled || (reason === undefined && this.unexplained <= this.shown)) {
      console.log(JSON.stringify(difference));
    }
  }

  /** Prints the counts; answers the exit code. */
  finish(what: string): number {
    for (const [reason, times] of this.explained) {
      console.log(`explained ${times} times: ${reason}`);
    }
    console.log(`${what}: ${this.unexplained} differences without an explanation`);
    return this.unexplained === 0 ? 0 : 1;
  }
}
