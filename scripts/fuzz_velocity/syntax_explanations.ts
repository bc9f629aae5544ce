import type { Explanation } from "./explanation.ts";

/** Differences of reading: text that Apache's scanners and parsers refuse, lose or take for more. */
export const syntaxExplanations: readonly Explanation[] = [
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
    reason: "1.7 still expects a part of the property behind braces and a word: ## there is text",
    only: "1.7",
    holds: (template) => /\.\w[\w-]*(?:\(\))?(?:\$!?\{[^}\n]*\}\w*)+##/.test(template),
    without: (template) => template.replace(/##[^\n]*/g, ""),
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
    reason:
      "1.7 takes a brace directly after a reference for a part of it, as in a printed map given to #evaluate",
    only: "1.7",
    holds: (template, _, { error = "" }) =>
      template.includes("#evaluate(") && /^Encountered "[{}]/.test(error),
  },
  {
    reason: "Apache's engine overlooks a lone $ before the end of a directive's argument",
    holds: (template) => /#@?\w+ ?\((?:[^)]*\$\)|'[^']*\$')/.test(template),
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
    reason: "Apache's engine does not print signs directly before a comment of several lines",
    holds: (template) => /#\$+!?#\*/.test(template),
    without: (template) => template.replace(/#(?=\$+!?#\*)/g, "%"),
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
      /\.\w[^]*#\{?(?:end|else|if|set)/.test(template) &&
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
      /[$#]\{?\w[^\n]*#\{?set|#\$[^]*#\{?set/.test(template) &&
      error.startsWith('Encountered "="'),
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
    reason: "1.7 reads ##* as the begin of a comment of several lines",
    only: "1.7",
    holds: (template, _, { error = "" }) =>
      template.includes("##*") && error.startsWith("Lexical error"),
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
