import type { DialectName } from "../../src/message/velocity/dialect.ts";

/** What an engine made of a template. */
interface Answer {
  readonly out?: string;
  readonly error?: string;
}

/** A difference that is meant: how to know it, and why it stays. */
interface Explanation {
  readonly reason: string;
  /** The dialect that it is about, where it is not both. */
  readonly only?: DialectName;
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
    reason: "1.7 stays in a reference's state after a directive that follows a reference",
    holds: (template) => /\}[ \t]+#set|#\{?end\}?\s*##/.test(template),
  },
  {
    reason:
      "Apache's engine prints the block of an unknown macro without what its tokens leave out",
    holds: (template, ours, theirs) =>
      template.includes("#@") && bareText(ours.out ?? "") === bareText(theirs.out ?? ""),
  },
  {
    reason: "Apache's engine refuses text after ${ that could begin a reference; ours prints it",
    holds: (template, _, { error = "" }) =>
      /^(?:Encountered|Lexical)/.test(error) && /\$\\*!?\{[\\${[ ]/.test(template),
  },
  {
    reason:
      "1.7 does not print a lone $ between a reference and a dot, or before an escaped directive",
    only: "1.7",
    holds: (template) => /\$!?\.[A-Za-z(]|[$#]!?\\+[#!]/.test(template),
  },
  {
    reason: "1.7 takes a directive that is a word to its scanner for text after a dollar",
    only: "1.7",
    holds: (template) => /\$!?#\{?(?:foreach|macro|define|evaluate|break|set\})/.test(template),
  },
  {
    reason:
      "Apache's engine takes a lone sign and the blanks after it for the indentation of a directive",
    holds: (template) => /(?:^|[\n('"{\]])[$#!\s]*[$#]!?[ \t]+#/.test(template),
  },
  {
    reason: "Apache's engine refuses text after ${ with blanks before #set; ours prints them",
    holds: (template) => /\$!?\{ #set/.test(template),
  },
  {
    reason: "Apache's engine refuses parentheses in arguments and alternates; ours reads them",
    only: "2.x",
    holds: (_, __, { error = "" }) => error.startsWith("Lexical error"),
  },
  {
    reason: "a fault of 2.4 where an operand of arithmetic is no number: it fails instead of null",
    only: "2.x",
    holds: (_, __, { error = "" }) => /^(?:Cannot read field|null|Cannot calculate)/.test(error),
  },
  {
    reason: "2.4 prefers a map's methods to its keys; ours takes keys first, as later versions do",
    only: "2.x",
    holds: (template) =>
      /\.(?:size|isEmpty|values|keySet|entrySet|toString|hashCode|clone|getClass)\b(?!\()/.test(
        template,
      ),
  },
  {
    reason: "a class is a name to look at: its methods and clone() are not there",
    holds: (template) => /\.(?:class|getClass\(\))[.[]|clone/.test(template),
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

/** Text without comments and without the signs that Apache's engine loses. */
function bareText(text: string): string {
  return text.replace(/##[^\n]*|#\*[^]*?\*#|\*#/g, "").replace(/[#$\\\s]/g, "");
}

/** Why a difference from Apache's engine is meant; undefined where it is a fault to look into. */
export function explanationOf(
  dialect: DialectName,
  template: string,
  ours: Answer,
  theirs: Answer,
): string | undefined {
  return explanations.find(({ only = dialect, holds }) =>
    only === dialect && holds(template, ours, theirs)
  )?.reason;
}
