import assert from "node:assert/strict";
import { test } from "node:test";
import { compileTemplate } from "./compile.ts";
import type { DialectName, Whitespace } from "./dialect.ts";
import { VelocityError } from "./error.ts";

const context = () => ({ s: "text", n: 5, list: ["a", "b"], map: { k: "v" }, t: true, nul: null });

function print(template: string, dialect: DialectName, whitespace?: Whitespace): string {
  const mode = whitespace === undefined ? {} : { whitespace };
  try {
    return compileTemplate(template, { name: "t", dialect, ...mode }).render(context());
  } catch (error) {
    assert.ok(error instanceof VelocityError);
    return error.code;
  }
}

/** A template, what 1.7 prints and what 2.x prints; all were printed by Apache's engines. */
const differences: readonly (readonly [string, string, string])[] = [
  ["#if('')y#{else}n#end", "n", "n"],
  ["#set($e = '')#if($e)y#{else}n#end", "y", "n"],
  ["#if('a')y#{else}n#end", "n", "y"],
  ["#if([1..2])y#{else}n#end", "n", "n"],
  ["#set($x = 1)#set($x = $nul)$!x", "1", ""],
  ["#set(${x} = 1)$!x", "", "1"],
  ["$n-1", "$n-1", "5-1"],
  ["$s.split('x').empty", "$s.split('x').empty", "false"],
  ["#foreach($i in $list)$!velocityCount#end", "12", ""],
  ["#foreach($i in [])x#{else}none#end", "VTL102", "none"],
  ["${missing|'other'}", "VTL101", "other"],
  ["#macro(m $a)#set($n = 6)$a#end#m($n)", "6", "5"],
  ["#macro(m $a = 'd')$a#end#m()", "VTL101", "d"],
  ["#macro(m $a $b = 'd')[$!a|$!b]#end#set($a = 1)#m()$a", "VTL101", "[|d]1"],
  ["#macro(m $a = 'd' $b)$a#end", "VTL101", "VTL101"],
  ["$s\n#if($t) #set($x = 1)\ny\n#end\nz", "text\ny\nz", "text\ny\nz"],
  ["a #if($t) #set($x = 1)\ny#end", "a y", "a  \ny"],
  ["#if($nul)\nq#else #set($x = 1)\ny\n#end\nz", "y\nz", " \ny\nz"],
  ["#if($nul) q #elseif($t) #set($x = 1)\ny\n#end\nz", "y\nz", " \ny\nz"],
  ["$\\$n $!\\$n #\\\\$n \\$n", "$\\5 $!\\5 #\\\\5 $n", "$\\5 $!\\5 #\\\\5 $n"],
  ["$! \n$! x", "$ \n$ x", "$! \n$ x"],
  ["$!#. $!#- $!#{- $!#$n $!#x $!#1", "$#. $#- $#{- $!#5 $!#x $!#1", "$#. $#- $#{- $!#5 $!#x $!#1"],
  ["$list.get($n - 5)", "VTL101", "a"],
  ["#set($x = -$n)$x", "VTL101", "-5"],
  ["#set($x = '2' * $n)$!x", "", "10.0"],
  ["#if('5' < '12')y#{else}n#end", "n", "n"],
  ["#if('5' < 12)y#{else}n#end", "n", "y"],
  ["$list.size", "$list.size", "2"],
  ["$s.concat(5)", "$s.concat(5)", "text5"],
  ["$list.get('1')", "$list.get('1')", "b"],
  ["$list['1']", "$list['1']", "b"],
  ["$list.get('x')", "$list.get('x')", "VTL201"],
  ["#set($list['1'] = 'z')$list", "[a, b]", "[a, z]"],
  ["$s.indexOf(1.5)", "$s.indexOf(1.5)", "$s.indexOf(1.5)"],
  ["$s.contains(5)", "$s.contains(5)", "$s.contains(5)"],
  ["$s.compareTo(5)", "VTL201", "VTL201"],
  ["$list.addAll($nul)", "VTL201", "VTL201"],
  ["price: $#if($t)5#end", "price: 5", "price: $5"],
  ["$$#*c*#5", "5", "5"],
  ["$!$n $![ $!} $! $!.", "$!5 $![ $!} $ $.", "$!5 $![ $!} $ $."],
  ["$!\nx", "$\nx", "$!\nx"],
  ["\\$$n \\$$$n \\$$${n}", "$n $n ${n}", "$n $n ${n}"],
  ["\\\\$$n \\\\$$${n}", "\\$5 \\$$5", "\\$5 \\$$5"],
  ["\\$$${ \\$$!{ .", "\\$$${ \\$$!{ .", "\\$$${ \\$$!{ ."],
  ["#evaluate('a#stop b')c", "ac", "a"],
  ["#foreach($i in [1.5..3])$i#end", "VTL101", "VTL101"],
  ["$map.k##c", "v##c", "v"],
  ["$map.k[0]##c", "$map.k[0]##c", "$map.k[0]"],
  ["#if($t)US$#end", "US", "US$"],
  ["$list$", "VTL101", "[a, b]$"],
];

for (const [template, old, recent] of differences) {
  test(`${JSON.stringify(template)} prints as Apache's engines print it`, () => {
    assert.deepEqual([print(template, "1.7"), print(template, "2.x")], [old, recent]);
  });
}

test("structured mode moves what a block indents, and nothing else, to the left", () => {
  const template = [
    "<ul>",
    "  #if($t)",
    "    <li>",
    "      #foreach($x in $list)",
    "        $x",
    "          deep",
    "      #end",
    "    </li>",
    "   less",
    "  #end",
    "#macro(m)",
    "  in",
    "    deeper",
    "#end",
    "</ul>",
    "#m()",
    "",
  ].join("\n");
  const wanted = "<ul>\n  <li>\n    a\n      deep\n    b\n      deep\n  </li>\n   less\n</ul>\n" +
    "in\n  deeper\n";
  for (const dialect of ["1.7", "2.x"] as const) {
    assert.equal(print(template, dialect, "structured"), wanted);
  }
});

test("a block of an unknown macro prints as it stands, with its indentation", () => {
  const template = "a\n  #@nope()\n  b\n  #end\nc";
  assert.equal(print(template, "2.x"), template);
});

test("a quiet dollar keeps its bang where an escaped name follows its run", () => {
  for (const dialect of ["1.7", "2.x"] as const) {
    assert.equal(print("$!$\\$gone", dialect), "$!$\\$gone");
    assert.equal(print("$!$\\!gone", dialect), "$!$!gone");
    assert.equal(print("$!$\\x", dialect), "$$\\x");
    assert.equal(print("$!\\$5", dialect), "$\\$5");
    assert.equal(print("$!\\!gone", dialect), "$\\!gone");
  }
});

test("#literal needs its parentheses in 1.7 and is text in 2.x", () => {
  assert.equal(print("#literal a#end", "1.7"), "VTL101");
  assert.equal(print("#literal()$t#end", "1.7"), "$t");
  assert.equal(print("#literal a", "2.x"), "#literal a");
});

test("a range goes to a number that is text in 2.x, and is none in 1.7", () => {
  const template = "#foreach($y in [1..$to])$y#end";
  for (const [to, shown] of [["3", "123"], ["2.7", "12"], ["2e0", "12"], ["x", ""], ["", ""]]) {
    assert.equal(print(`#set($to = '${to}')${template}`, "2.x"), shown, to);
    assert.equal(print(`#set($to = '${to}')${template}`, "1.7"), "", to);
  }
});

test("dollars after a backslash at the end of a line all stay in 2.x", () => {
  assert.equal(print("\\$$ \n.", "2.x"), "\\$$ \n.");
  assert.equal(print("\\$$ \n.", "1.7"), "\\$ \n.");
  assert.equal(print("\\$$", "2.x"), "\\$$");
  assert.equal(print("\\$$ x", "2.x"), "\\$ x");
});
