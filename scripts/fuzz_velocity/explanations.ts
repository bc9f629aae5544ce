/** What an engine made of a template. */
interface Answer {
  readonly out?: string;
  readonly error?: string;
}

/** A difference that is meant: how to know it, and why it stays. */
interface Explanation {
  readonly reason: string;
  readonly holds: (template: string, ours: Answer, theirs: Answer) => boolean;
}

const explanations: readonly Explanation[] = [
  {
    reason: "Java prints the address of an array, a stream or an iterator; ours prints the items",
    holds: (_, __, theirs) => /\[[LCBI][\w.;]*@[0-9a-f]+|\$Head@|\$Itr@/.test(theirs.out ?? ""),
  },
  {
    reason: "Java's characters lack the methods of text; ours are text of length one",
    holds: (template) => /charAt\(0\)[.}\[]/.test(template),
  },
  {
    reason:
      "1.7 takes a brace directly after a reference for a part of it, as in a printed map given to #evaluate",
    holds: (template, _, theirs) =>
      template.includes("#evaluate(") && (theirs.error ?? "").startsWith("Encountered"),
  },
  {
    reason: "1.7 overlooks a lone $ among a directive's arguments",
    holds: (template) => /#\w+ ?\([^)]*\$\)/.test(template),
  },
  {
    reason: "1.7 stays in a reference's state after #set that follows a reference",
    holds: (template) => /\}[ \t]+#set/.test(template),
  },
  {
    reason: "Java's arrays hash by address",
    holds: (template) => /split\('o'\)\.hashCode/.test(template),
  },
  {
    reason:
      "a string template is read before the macros after it are known, so \\#name stays as it is",
    holds: (template) => /#evaluate\("[^"]*\\#m/.test(template),
  },
  {
    reason: "the views of a map are snapshots: taking from them does not take from the map",
    holds: (template) => /(?:keySet|values|entrySet)\(\)\.remove/.test(template),
  },
];

/** Why a difference from Apache Velocity 1.7 is meant; undefined where it is a fault to look into. */
export function explanationOf(
  template: string,
  ours: Answer,
  theirs: Answer,
): string | undefined {
  return explanations.find(({ holds }) => holds(template, ours, theirs))?.reason;
}
