import type { DialectName } from "../../src/message/velocity/dialect.ts";
import type { Answer } from "./ask_java.ts";
import type { Explanation } from "./explanation.ts";
import { syntaxExplanations } from "./syntax_explanations.ts";
import { valueExplanations } from "./value_explanations.ts";

const explanations = [...valueExplanations, ...syntaxExplanations];

/** What explains a difference from Apache's engine; undefined where it is a fault to look into. */
export function findExplanation(
  dialect: DialectName,
  template: string,
  ours: Answer,
  theirs: Answer,
): Explanation | undefined {
  return explanations.find(({ only = dialect, holds }) =>
    only === dialect && holds(template, ours, theirs)
  );
}
