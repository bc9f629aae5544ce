import assert from "node:assert/strict";
import { test } from "node:test";
import { VelocityError } from "../../../src/message/velocity/error.ts";
import type { CompileOptions } from "../../../src/message/velocity/compile.ts";
import { render, survive } from "./attack.ts";

const exhausting: Readonly<Record<string, string>> = {
  "a range of a hundred million": "#foreach($i in [0..99999999])#end",
  "nested loops":
    "#foreach($a in [1..3000])#foreach($b in [1..3000])#foreach($c in [1..3000])#end#end#end",
  "a macro that calls itself": "#macro(m)#m()#end#m()",
  "macros that call twice": "#macro(a)#b()#b()#end#macro(b)#a()#a()#end#a()",
  "doubling macros":
    Array.from({ length: 24 }, (_, i) => `#macro(m${i})#m${i + 1}()#m${i + 1}()#end`).join("") +
    "#m0()",
  "a block that prints itself": "#define($d)$d$d#end$d",
  "blocks that print one another": "#define($a)$b$b#end#define($b)$a$a#end$a",
  "a text that evaluates itself": `#set($t = '#evaluate($t)')#evaluate($t)`,
  "a text that doubles": `#set($s = "xx")#foreach($i in [1..60])#set($s = "$s$s")#end$s`,
  "a text that doubles by plus": `#set($s = "xx")#foreach($i in [1..60])#set($s = $s + $s)#end$s`,
  "repeat": "$s.repeat(2000000000)",
  "repeat of repeat": "#set($x = $s.repeat(1000000))$x.repeat(1000000)",
  "replace that grows": `#set($x = $s.repeat(100000))$x.replace("", $x)`,
  "replaceAll that grows": `#set($x = $s.repeat(100000))$x.replaceAll("l", $x)`,
  "join": `#set($x = $s.repeat(100000))$s.join($x, [1..9999])`,
  "format": `$s.format("%999s%999s", 1, 2)$s.format("%999999999s", 1)`,
  "a list that doubles":
    "#set($l = [1])#foreach($i in [1..40])#set($x = $l.addAll($l))#end$l.size()",
  "a list in itself": "#set($l = [1])#set($x = $l.add($l))$l $l.hashCode() #if($l == [$l])#end",
  "a list in itself where text belongs":
    "#set($l = [1])#set($x = $l.add($l))$s.concat($l)$s.startsWith($l)$s.matches($l)$l.get($l)",
  "lists of lists where text belongs":
    `#set($l = ["x"])#foreach($i in [1..60])#set($l = [$l, $l])#end$s.concat($l)$s.compareTo($l)`,
  "numbers where text belongs":
    "#set($x = 99)#foreach($i in [1..99])#set($x = $x * $x)#end$s.concat($x)$s.split($x)",
  "a map in itself": `#set($m = {"a": 1})#set($m.b = $m)$m $m.hashCode()`,
  "lists of lists": `#set($l = ["x"])#foreach($i in [1..60])#set($l = [$l, $l])#end$l`,
  "equal lists of lists":
    `#set($a = ["x"])#set($b = ["x"])#foreach($i in [1..40])#set($a = [$a, $a])#set($b = [$b, $b])#end#if($a == $b)T#end`,
  "hash of lists of lists":
    `#set($l = ["x"])#foreach($i in [1..40])#set($l = [$l, $l])#end$l.hashCode()`,
  "a loop that lengthens its list": "#foreach($x in $list)#set($y = $list.add(1))#end",
  "numbers that double their digits":
    "#set($x = 99)#foreach($i in [1..99])#set($x = $x * $x)#end$x",
  "a pattern that backtracks":
    `$z.matches("(a+)+$") $z.matches("(a|aa)*b") $z.replaceAll("(a*)*b", "x")`,
  "a pattern with large counts": `$z.matches("((a{1,1000}){1,1000}){1,1000}")`,
  "a long pattern on a long text": `#set($x = $z.repeat(9999))$x.matches("(.*a){20}b")`,
  "splitting a long text": `#set($x = $s.repeat(900000))$x.split("").size()`,
  "looking through long texts often":
    `#set($x = $s.repeat(900000))#foreach($i in [1..99999])$x.equalsIgnoreCase($x)#end`,
  "a list searched often": "#set($l = [1..99999])#foreach($i in [1..99999])$l.contains($i)#end",
  "escaping a long text":
    `#set($x = $s.repeat(1500000))#foreach($i in [1..999])$esc.javascript($x)#end`,
  "many evaluations of a long text":
    `#set($x = $s.repeat(100000))#foreach($i in [1..99999])#evaluate($x)#end`,
  "a number pattern of many digits": `$numberTool.format("0.${
    "0".repeat(150)
  }", 1)$numberTool.format("${"0".repeat(5000)}", 1)`,
  "a date far away":
    `$dateTool.addYears("2020-01-01", 99999999999)$dateTool.formatDate("yyyy", 99999999999999999)`,
};

for (const [name, template] of Object.entries(exhausting)) {
  test(`${name}: ends soon and leaves the next render unharmed`, () => {
    survive(template);
    assert.equal(render("$user.first"), "Ann");
  });
}

const size = 1_000_000;
const hostileTexts: Readonly<Record<string, string>> = {
  "unclosed #if": "#if($t)".repeat(10_000),
  "hashes": "#".repeat(size),
  "dollars": "$".repeat(size),
  "dollar names": "$a ".repeat(size / 4),
  "opening braces": "{".repeat(size),
  "formal references that never close": "${".repeat(size / 2),
  "brackets after a reference": "$a" + "[".repeat(size),
  "parentheses": "#if(" + "(".repeat(size),
  "lists in lists": "#set($x = " + "[".repeat(size),
  "nots": "#if(" + "!".repeat(size) + "$t)#end",
  "backslashes": "\\".repeat(size),
  "backslashes before dollars": "\\$\\\\$".repeat(size / 5),
  "comments that never close": "#*".repeat(size / 2),
  "literals that never close": "#[[".repeat(size / 3),
  "quotes": "#set($x = " + '"'.repeat(size) + ")",
  "strings in strings": `#set($x = "` + `#set($y = ""`.repeat(10_000),
  "lookalikes": "# if(".repeat(size / 5),
  "stray ends": "#end".repeat(size / 4),
  "colours": "a{color:#ffffff}".repeat(size / 16),
  "entities": "&#160;".repeat(size / 6),
  "blanks before #set": (" ".repeat(999) + "#set($x=1)").repeat(size / 1010),
  "words and blanks": ("#a" + " ".repeat(998)).repeat(size / 1000),
  "properties": "$a" + ".b".repeat(size / 2),
  "dollars before directives": "$#if($t)".repeat(size / 8),
  "dollars with bangs": "$!".repeat(size / 2) + "#*",
  "blanks and dollars before #set": ("$".repeat(99) + " ".repeat(900) + "#set($x=1)").repeat(990),
  "operators": "#set($x = 1" + " + 1".repeat(size / 4) + ")",
  "else ifs": "#if($t)" + "#elseif($t)".repeat(size / 11) + "#end",
  "data sources": "$datasource('".repeat(size / 13),
};

for (const [name, template] of Object.entries(hostileTexts)) {
  test(`a megabyte of ${name} is read or refused in linear time`, () => {
    survive(template);
  });
}

test("a megabyte of nested and indented blocks is moved to the left in linear time", () => {
  const depth = 90;
  const line = "x".repeat(99);
  const lines: string[] = [];
  for (let level = 0; level < depth; level++) lines.push(" ".repeat(level) + "#if($t)");
  for (let row = 0; row < 5_000; row++) lines.push(" ".repeat(depth) + line);
  for (let level = depth; level-- > 0;) lines.push(" ".repeat(level) + "#end");
  for (const out of survive(`${lines.join("\n")}\n`, { whitespace: "structured" })) {
    assert.equal(out, `${line}\n`.repeat(5_000));
  }
});

test("each limit has an error of its own that names the place", () => {
  const limited = (template: string, limits: CompileOptions["limits"] & object) => {
    try {
      return render(template, { limits });
    } catch (error) {
      assert.ok(error instanceof VelocityError);
      assert.ok(error.line === 1 && error.column > 0 && error.excerpt.length > 0);
      return error.code;
    }
  };
  assert.equal(limited("#foreach($i in [1..99])x#end", { steps: 50 }), "VTL301");
  assert.equal(limited("#foreach($i in [1..99])xxxxx#end", { outputChars: 50 }), "VTL302");
  assert.equal(limited("#foreach($i in [1..99])x#end", { items: 50 }), "VTL303");
  assert.equal(limited("#macro(m)#m()#end#m()", { macroDepth: 5 }), "VTL304");
  assert.equal(
    limited("#foreach($i in [1..9999])#foreach($j in [1..99])x#end#end", { timeMs: 0 }),
    "VTL305",
  );
  assert.equal(limited("#if($t)#if($t)#if($t)#end#end#end", { nesting: 3 }), "VTL103");
  assert.equal(limited("xxxxxxxxxx", { sourceChars: 5 }), "VTL103");
});
