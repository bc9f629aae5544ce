import type { DialectName } from "../../src/message/velocity/dialect.ts";
import type { Answer } from "./ask_java.ts";

/** A difference that is meant: how to know it, and why it stays. */
export interface Explanation {
  readonly reason: string;
  /** The dialect that it is about, where it is not both. */
  readonly only?: DialectName;
  readonly holds: (template: string, ours: Answer, theirs: Answer) => boolean;
  /**
   * The template without what the explanation is about. The engines must agree on it, so that a
   * broad explanation hides no other difference.
   */
  readonly without?: (template: string) => string;
}
