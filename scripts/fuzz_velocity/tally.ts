import { option } from "./ask_java.ts";

/** Counts explained differences by their reason and keeps the others, of which it shows a few. */
export class Tally<Difference extends object> {
  /** The differences that nothing explains. */
  readonly unexplained: Difference[] = [];
  private readonly explained = new Map<string, number>();
  private readonly sampled = option("sample", "");
  private readonly shown = Number(option("show", "20"));

  /** `--sample text` shows also those differences whose reason contains the text. */
  note(reason: string | undefined, difference: Difference): void {
    if (reason === undefined) this.unexplained.push(difference);
    else this.explained.set(reason, (this.explained.get(reason) ?? 0) + 1);
    const isSampled = this.sampled !== "" && reason?.includes(this.sampled);
    if (isSampled || (reason === undefined && this.unexplained.length <= this.shown)) {
      console.log(JSON.stringify(difference));
    }
  }

  /** Prints the counts; answers the exit code. */
  finish(what: string): number {
    for (const [reason, times] of this.explained) {
      console.log(`explained ${times} times: ${reason}`);
    }
    console.log(`${what}: ${this.unexplained.length} differences without an explanation`);
    return this.unexplained.length === 0 ? 0 : 1;
  }
}
