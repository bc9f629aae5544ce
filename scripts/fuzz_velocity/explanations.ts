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

const explanations: readonly Explanation[] = [
  {
    reason: "Java's Long is no index; our whole numbers are of one kind",
    holds: (template, { error = "" }) =>
      template.includes("longValue()") && error.includes("outside a list"),
    without: (template) => template.replaceAll("longValue()", "intValue()"),
  },
  {
    reason: "Apache's engine refuses true or false directly after an index; ours prints them",
    holds: (template, _, { error = "" }) =>
      template.includes("]") && /^Encountered "(?:true|false)"/.test(error),
  },
  {
    reason: "1.7 refuses a comment at the very end of a text that ends with $ or #",
    only: "1.7",
    holds: (template, _, { error = "" }) =>
      /##[^\n]*(?:\$!?|#)(?:$|['"])/.test(template) &&
      /^Lexical error[^]*Encountered: <EOF>|^Failed to parse String/.test(error),
    without: (template) => template.replace(/##[^\n]*(?:\$!?|#)(?=$|['"])/g, ""),
  },
  {
    reason: "1.7 takes ## after a property for the begin of the directive's name behind it",
    only: "1.7",
    holds: (template) => /\.\w[\w-]*(?:\(\))?(?:\[[^\]\n]*\])?##[\w{@#*[\\]/.test(template),
    without: (template) => template.replace(/##(?=[\w{@#*[\\])/g, "%"),
  },
  {
    reason:
      "1.7 still expects a part of the property after $# and a word: it drops what follows a dot",
    only: "1.7",
    holds: (template) => /\$#\w+\.\w/.test(template),
    without: (template) => template.replace(/\$(?=#\w+\.)/g, "%"),
  },
  {
    reason:
      "Java's Short, Byte and Float have methods and a class of their own; ours are those of all numbers",
    holds: (template) => /(?:short|byte|float)Value\(\)\./.test(template),
    without: (template) => template.replace(/(?:short|byte|float)Value\(\)/g, "foo()"),
  },
  {
    reason: "a range of 2.x cannot be changed; ours is a list as any other",
    only: "2.x",
    holds: (_, __, { error = "" }) => error.includes("ASTIntegerRange$IntegerRange"),
  },
  {
    reason: "an iterator of Java fails when its list changes; ours walks the list as it was",
    holds: (template, _, { error }) => error === "null" && template.includes(".iterator"),
    without: (template) => template.replace(/\.iterator\b(?:\(\))?/g, ""),
  },
  {
    reason: "Java prints the address of an array, a stream or an iterator; ours prints the items",
    holds: (_, __, theirs) => /\[[LCBI][\w.;]*@[0-9a-f]+|\$Head@|\$Itr@/.test(theirs.out ?? ""),
  },
  {
    reason:
      "Apache's engine prints the block of an unknown macro without what its tokens leave out",
    holds: (template, ours, theirs) =>
      /#\{?@/.test(template) && ours.out !== undefined && theirs.out !== undefined &&
      isStripped(ours.out, theirs.out, template),
    without: (template) => template.replace(/#\{?@\w+\}?(?:\s*\([^)]*\))?/g, "#if($t)"),
  },
  {
    reason:
      "1.7 prints the comments in the block of an unknown macro without their text, and the last one behind all",
    only: "1.7",
    holds: (template) => /#\{?@\w[^]*##/.test(template),
    without: (template) => template.replace(/##[^\n]*/g, ""),
  },
  {
    reason: "Java's characters lack the methods of text; ours are text of length one",
    holds: (template) => /charAt\(0\)[.}\[]/.test(template),
    without: (template) => template.replaceAll("charAt(0)", "substring(0,1)"),
  },
  {
    reason:
      "1.7 takes a brace directly after a reference for a part of it, as in a printed map given to #evaluate",
    only: "1.7",
    holds: (template, _, { error = "" }) =>
      template.includes("#evaluate(") && /^Encountered "[{}]/.test(error),
  },
  {
    reason: "Apache's engine overlooks a lone $ before the end of a directive's argument",
    holds: (template) => /#\w+ ?\((?:[^)]*\$\)|'[^']*\$')/.test(template),
    without: (template) => template.replace(/\$(?=\)|')/g, "%"),
  },
  {
    reason:
      "Apache's engine still expects a part of the reference before #set or #macro after it: a bracket is refused, a blank after a brace is kept or lost",
    holds: (template, _, { error = "" }) =>
      /\}[ \t]+#set/.test(template) && error === "" ||
      /#(?:set|macro)\([^\n]*\)\[/.test(template) && error.startsWith('Encountered "["'),
  },
  {
    reason:
      "Apache's engine still expects arguments of a property in a macro's first line after #(: it refuses the parenthesis",
    holds: (template, _, { error = "" }) =>
      template.includes("#(") && error.startsWith('Encountered ")"'),
  },
  {
    reason: "Apache's engine does not print signs directly before an escaped directive",
    holds: (template) => /[$#]!?\\+(?:\s*#|!|\$)/.test(template),
    without: (template) => template.replace(/[$#]!?(?=\\+(?:\s*#|!|\$))/g, "%"),
  },
  {
    reason: "Apache's engine drops a sign of an escaped dollar that begins no reference",
    holds: (template) => /\\\$!?(?:#|\\+\$|\$$|\$#)/.test(template),
    without: (template) => template.replace(/\\\$!?(?=#|\\+\$|$|\$#)/g, "%"),
  },
  {
    reason: "Apache's engine does not print a lone $ between a reference and a dot",
    holds: (template) => /(?:[\w)\]}!\\#]|\)\s+)\\*\$!?\.[A-Za-z(]/.test(template),
    without: (template) => template.replace(/\$!?(?=\.[A-Za-z(])/g, "%"),
  },
  {
    reason: "Apache's engine refuses parentheses directly after |; ours reads them",
    only: "2.x",
    holds: (template, _, { error = "" }) =>
      /\|! *\(|\|\(|\|not \(/.test(template) &&
      /^Lexical error.*Encountered: '\('|^Failed to parse String literal/.test(error),
  },
  {
    reason:
      "a fault of 2.4 where an operand of arithmetic or a comparison is no number: it fails instead of null",
    only: "2.x",
    holds: (template, _, { error = "" }) =>
      / (?:[-+*\/%<>]|[<>]=|[lg][te]) /.test(template) &&
      /^(?:Cannot read field "kind"|null$|Cannot calculate)/.test(error),
  },
  {
    reason: "Java's arrays cannot grow or shrink; ours are lists",
    holds: (_, __, { error = "" }) => /class \[\w.*UnsupportedOperationException/.test(error),
  },
  {
    reason:
      "Java's Short and Byte compare with their like only; ours are whole numbers as any other",
    holds: (_, __, { error = "" }) =>
      /'compareTo' in {2}class java\.lang\.(?:Short|Byte)/.test(error),
  },
  {
    reason: "a class is a name to look at: arrays and inner classes of Java show theirs",
    holds: (_, __, { out = "" }) => /class (?:\[|java\.util\.\w+\$\w+)/.test(out),
  },
  {
    reason:
      "Apache's engine takes a lone sign before a directive, and the blanks between, for its indentation",
    holds: (template) => /[$#]!?[ \t]+#\{?[a-z@]|[$#][!{]?#\{?(?:else|elseif|end)\b/.test(template),
    without: (template) => template.replace(/[$#][!{]?(?=[ \t]*#\{?[a-z@])/g, "%"),
  },
  {
    reason:
      "1.7 takes a directive that is a word to its scanner, as a macro's name, for text after a dollar",
    only: "1.7",
    holds: (template) =>
      /\$!?#\{?(?:@|(?:foreach|macro|define|evaluate|literal|break|stop|m2?|mb|recurse|outer)\b|\{set\})/
        .test(
          template,
        ),
    without: (template) => template.replace(/\$!?(?=#[{@a-z])/g, "%"),
  },
  {
    reason: "Apache's engine refuses what follows a map that ends with a reference in an alternate",
    only: "2.x",
    holds: (template, _, { error = "" }) =>
      /\{[^{}]*\|[^|]*\$\w+\}[})\] ]/.test(template) && /^(?:Encountered|Lexical)/.test(error),
  },
  {
    reason: "1.7 still expects a part of a property when its block ends: ## after that end is text",
    only: "1.7",
    holds: (template, { out: ours = "" }, { out, error }) =>
      /\.\w[^]*#\{?(?:end|else|if)/.test(template) &&
      (out === undefined
        ? /##[\w{]|#\{?(?:end|else)\}?\s*##/.test(template) &&
          /^Encountered "(?:#|<EOF>)/.test(error ?? "")
        : out.includes("##") && isStripped(out, ours, template)),
    without: (template) => template.replace(/##[^\n]*\n?/g, ""),
  },
  {
    reason: "1.7 still expects a part of the reference before #set and refuses its '='",
    only: "1.7",
    holds: (template, _, { error = "" }) =>
      /[$#]\{?\w[^\n]*#set|#\$[^]*#set/.test(template) && error.startsWith('Encountered "="'),
  },
  {
    reason:
      "a block that prints $bodyContent inside itself repeats as often as macros may nest; ours ends it at once",
    holds: (template, _, { out = "", error = "" }) =>
      /\$!?bodyContent/.test(template) &&
      (/([^]{1,80}?)\1{15}/.test(out) || error.startsWith("Reference evaluation threw")),
    without: (template) => template.replace(/\$!?bodyContent/g, ""),
  },
  {
    reason: "1.7 prints the source of a list or map for an escaped parameter; ours nothing",
    only: "1.7",
    holds: (template) => /\\\$a\b/.test(template) && /#m2?\([[{]/.test(template),
    without: (template) => template.replace(/\\\$a\b/g, "%"),
  },
  {
    reason: "a Float hashes otherwise than a Double, which all of our numbers with a point are",
    holds: (template) => /floatValue\(\)\.hashCode/.test(template),
    without: (template) => template.replaceAll("floatValue().hashCode", "foo.bar"),
  },
  {
    reason: "a range may be longer than ours allow, or its ends no whole numbers",
    holds: (_, { error = "" }) => / items\. Use a smaller range/.test(error),
  },
  {
    reason: "Integer has parseInt and Long has parseLong; our whole numbers have both",
    holds: (template) => template.includes("big.parseInt("),
    without: (template) => template.replaceAll("big.parseInt(", "big.foo("),
  },
  {
    reason: "an iterator of ours has no methods but those that walk it",
    holds: (template) => /iterator\(\)\.(?!next|hasNext|remove)/.test(template),
    without: (template) => template.replaceAll("iterator()", "size()"),
  },
  {
    reason: "1.7 reads ##* as the begin of a comment of several lines",
    only: "1.7",
    holds: (template, _, { error = "" }) =>
      template.includes("##*") && error.startsWith("Lexical error"),
  },
  {
    reason: "subList() is a view in Java; ours is a snapshot",
    holds: (template) =>
      template.includes("subList(") && /#set\( ?\$list\[|list\.(?:add|set|remove)/.test(template),
    without: (template) => template.replace(/\.subList\(\d, ?\d\)/g, ".toString()"),
  },
  {
    reason: "String.join() takes nothing but text in Java; ours prints the items",
    holds: (_, __, { error = "" }) => error.startsWith("Invocation of method 'join' in  class"),
  },
  {
    reason: "Apache's engine refuses text after ${ that could begin a reference; ours prints it",
    holds: (template, _, { error = "" }) =>
      /^(?:Encountered|Lexical|Failed to parse String)/.test(error) &&
      /\$\\*!?\{(?:[\\${[ ]|#\$)/.test(template),
    without: (template) => template.replace(/\$(?=\\*!?\{(?:[\\${[ ]|#\$))/g, "%"),
  },
  {
    reason: "Apache's engine drops or refuses blanks between ${ or $. and #set; ours prints them",
    holds: (template) => /\$!?[{.][ \t]+#set/.test(template),
    without: (template) => template.replace(/\$(?=!?[{.][ \t]+#set)/g, "%"),
  },
  {
    reason: "Apache's engine overlooks a lone $ between a property and a parenthesis",
    holds: (template) => /\.\w+\$\(/.test(template),
    without: (template) => template.replace(/(?<=\.\w+)\$(?=\()/g, "%"),
  },
  {
    reason: "1.7 calls an iterator's methods with any arguments and fails",
    only: "1.7",
    holds: (_, __, { error = "" }) =>
      /class java\.util\.\w+\$\w*Itr(?:ator)? threw .*wrong number of arguments/.test(error),
  },
  {
    reason: "2.4 prefers a map's methods to its keys; ours takes keys first, as later versions do",
    only: "2.x",
    holds: (template) =>
      /\.(?:size|isEmpty|values|keySet|entrySet|toString|hashCode|clone|getClass)\b(?!\()/.test(
        template,
      ),
    without: (template) =>
      template.replace(
        /\.(?:size|isEmpty|values|keySet|entrySet|toString|hashCode|clone|getClass)\b(?!\()/g,
        ".foo",
      ),
  },
  {
    reason: "a class is a name to look at: its methods and clone() are not there",
    holds: (template) => /\.(?:class|getClass\(\))[.[|]|clone/.test(template),
    without: (template) => template.replace(/\.(?:class\b|getClass\(\)|clone\b)/g, ".foo"),
  },
  {
    reason: "Java's arrays hash by address",
    holds: (template) => /split\('o'\)\.hashCode/.test(template),
  },
  {
    reason:
      "a string template is read before the macros after it are known, so \\#name stays as it is",
    holds: (template) => /#evaluate\(["'][^]*\\#m/.test(template),
    without: (template) => template.replace(/\\(?=#m)/g, "%"),
  },
];

/** How often a generated loop may repeat the comments in it. */
const turns = 9;

/** Whether the second text is the first without signs, white space and what comments hold. */
function isStripped(ours: string, theirs: string, template: string): boolean {
  const [whole, rest] = [ours, theirs].map((text) => text.replace(/[#$!*\\\s]/g, ""));
  const lost = (template.match(/##[^\n]*|#\*[^]*?\*#/g) ?? []).join("").length * turns;
  let at = 0;
  for (const char of whole!) if (char === rest![at]) at++;
  return at === rest!.length && whole!.length - rest!.length <= lost;
}

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
