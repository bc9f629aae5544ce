import assert from "node:assert/strict";
import { test } from "node:test";
import { compileTemplate } from "./compile.ts";
import type { DialectName } from "./dialect.ts";
import { VelocityError } from "./error.ts";

const context = {
  list: ["a", "b", "c"],
  holes: ["a", null, "c"],
  map: { k1: "v1", k2: "v2" },
};

function render(source: string, dialect: DialectName = "1.7"): string {
  const before = structuredClone(context);
  const text = compileTemplate(source, { name: "loop.vm", dialect }).render(context);
  assert.deepEqual(context, before, "the caller's data is never changed");
  return text;
}

const changing: readonly (readonly [string, string | undefined])[] = [
  ['#foreach($x in $list)#set($list[1] = "Q")$x#end', "aQc"],
  ["#set($l = [1, 2, 3])#foreach($x in $l)#set($q = $l.set(2, 9))$x#end", "129"],
  ["#foreach($x in $list)#if($x == 'b')#set($q = $list.remove(0))#end$x#end", "ab"],
  ["#foreach($x in $list)$list.add('z')#end", undefined],
  ["#foreach($x in $list)$list.add('z')$list.remove(0)#end", undefined],
  ["#set($l = [1, 2])#foreach($x in $l)$l.clear()$x#end", undefined],
  ["#foreach($x in $map)#set($map.k2 = 7)$x#end", "v17"],
  ["#foreach($x in $map.values())#set($map.k2 = 7)$x#end", "v17"],
  ["#foreach($x in $map.entrySet())#set($map.k2 = 7)$x #end", "k1=v1 k2=7 "],
  ["#foreach($x in $map)#if($x == 'v2')#set($map.k3 = 7)#end$x#end$map.k3", "v1v27"],
  ["#foreach($x in $map.keySet())#set($map.k3 = 7)$x#end", undefined],
];

for (const [source, text] of changing) {
  test(`${source} ${text === undefined ? "fails as Java's iterator does" : `prints ${text}`}`, () => {
    for (const dialect of ["1.7", "2.x"] as const) {
      if (text !== undefined) assert.equal(render(source, dialect), text);
      else {
        assert.throws(
          () => render(source, dialect),
          (error) => error instanceof VelocityError && error.code === "VTL201",
        );
      }
    }
  });
}

test("in 1.7 a loop's variable stays null in the turn of a null item, whatever #set gives it", () => {
  const source = "#foreach($x in $holes)#set($x = 'Q')$x#end$x";
  assert.equal(render(source), "Q$xQ$x");
  assert.equal(render(source, "2.x"), "QQQ$x");
  const inMacro = "#macro(m)#set($x = 'Q')$x#end#foreach($x in $holes)#m()$x;#end";
  assert.equal(render(inMacro), "QQ;Q$x;QQ;");
});

test("a loop inside the turn of a null item ends that its variable stays null", () => {
  const inside = "#foreach($x in [1])$x#end#set($x = 'Q')$x;";
  assert.equal(render(`#foreach($x in $holes)${inside}#end`), "1Q;$xQ;1Q;");
});

test("in 1.7 a condition runs a block that #define or a macro's call left in a variable", () => {
  const define = "#set($n = 1)#define($d)$n#set($n = $n + 1)#end#if($d)x#end$n";
  assert.equal(render(define), "x2");
  assert.equal(render(define, "2.x"), "x1");
  const body = "#set($n = 1)#macro(b)#if($bodyContent)y#end#end#@b()$n#set($n = $n + 1)#end$n";
  assert.equal(render(body), "y2");
  assert.equal(render("#define($d)a#end$d.toString() $d.length()"), "a $d.length()");
});

test("a view of a map shows the map as it is, and what is taken out of it leaves the map", () => {
  const made = "#set($m = {'a': 1, 'b': 2, 'c': 2})#set($k = $m.keySet())#set($v = $m.values())";
  const rows: readonly (readonly [string, string])[] = [
    ["$k.remove('a')$k$m#set($m.d = 3)$k$v", "true[b, c]{b=2, c=2}[b, c, d][2, 2, 3]"],
    ["$v.remove(2)$m", "true{a=1, c=2}"],
    ["$v.removeAll([2])$m$v.removeAll([2])", "true{a=1}false"],
    ["$k.retainAll(['c'])$v$m.entrySet()", "true[2][c=2]"],
    ["$m.entrySet().retainAll([])$m", "true{}"],
    ["$k.clear()$m$v.size()", "{}0"],
  ];
  for (const [source, text] of rows) {
    assert.equal(render(made + source), text, source);
    assert.equal(render(made + source, "2.x"), text, source);
  }
  assert.equal(render("$map.keySet().remove('k1')$map"), "true{k2=v2}");
});
