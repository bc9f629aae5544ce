import type { Explanation } from "./explanation.ts";

/** Differences of values and methods: types and views that Java has and templates here have not. */
export const valueExplanations: readonly Explanation[] = [
  {
    reason: "Java's Long is no index; our whole numbers are of one kind",
    holds: (template, { error = "" }) =>
      template.includes("longValue()") && error.includes("outside a list"),
    without: (template) => template.replaceAll("longValue()", "intValue()"),
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
    reason: "Java's characters lack the methods of text; ours are text of length one",
    holds: (template) => /charAt\(0\)[.}\[]/.test(template),
    without: (template) => template.replaceAll("charAt(0)", "substring(0,1)"),
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
    reason: "subList() is a view in Java; ours is a snapshot",
    holds: (template) =>
      template.includes("subList(") &&
      /#set\( ?\$list\[|list\.(?:add|set|remove|retainAll|clear)/.test(template),
    without: (template) => template.replace(/\.subList\(\d, ?\d\)/g, ".toString()"),
  },
  {
    reason: "String.join() takes nothing but text in Java; ours prints the items",
    holds: (_, __, { error = "" }) => error.startsWith("Invocation of method 'join' in  class"),
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
    holds: (template) => /(?:split\('o'\)|toCharArray\(\))\.hashCode/.test(template),
  },
];
