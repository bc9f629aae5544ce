import assert from "node:assert/strict";
import { test } from "node:test";
import { compileTemplate } from "../../../src/message/velocity/compile.ts";
import { render, survive } from "./attack.ts";

const forbidden = [
  "constructor",
  "__proto__",
  "prototype",
  "__defineGetter__",
  "__lookupGetter__",
  "hasOwnProperty",

  "toLocaleString",
  "isPrototypeOf",
  "caller",
  "callee",
  "arguments",
  "call",
  "apply",
  "bind",
  "then",
  "methods",
  "environment",
  "context",
  "limits",
  "charge",
];
const receivers = [
  "$user",
  "$list",
  "$s",
  "$n",
  "$f",
  "$t",
  "$date",
  "$foreach",
  "$mathTool",
  "$esc",
  "$dateTool",
  "$m",
  "$l",
  "$d",
  "$e",
  "$user.class",
  "$list.iterator()",
];
const prelude =
  `#set($m = {"a": 1})#set($l = [1])#define($d)x#end#foreach($e in $m.entrySet())#end`;

test("no receiver answers to a name that leads to the host, however it is asked", () => {
  for (const receiver of receivers) {
    for (const name of forbidden) {
      const asked = [
        `${receiver}.${name}`,
        `${receiver}.${name}()`,
        `${receiver}.get('${name}')`,
        `${receiver}["${name}"]`,
        `${receiver}.${name}.${name}`,
        `${receiver}.${name}('return 1')`,
      ];
      for (const reference of asked) {
        const written = `${prelude}#set($r = ${reference})#if($r)FOUND#end`;
        for (const out of survive(written)) assert.ok(!out.includes("FOUND"), reference);
      }
    }
  }
});

test("a key of a map that bears a forbidden name is only data", () => {
  const out = render(
    `#set($m = {"__proto__": "p", "constructor": "c"})$m.__proto__$m.constructor$m.get("__proto__")`,
  );
  assert.equal(out, "{__proto__=p, constructor=c}.__proto__cp");
  assert.equal(render(`#set($user.constructor = "mine")$user.constructor`), "mine");
  assert.equal(Object.hasOwn(Object.prototype, "mine"), false);
});

test("what is added to Object.prototype later is not seen by templates", () => {
  const polluted = Object.prototype as Record<string, unknown>;
  const compiled = compileTemplate("$user.polluted|$!polluted|$m.polluted", {
    name: "attack",
    dialect: "1.7",
  });
  polluted["polluted"] = "leak";
  try {
    assert.equal(compiled.render({ user: {}, m: { a: {} } }), "$user.polluted||$m.polluted");
  } finally {
    delete polluted["polluted"];
  }
});

test("functions and instances in the context are never called or opened", () => {
  let calls = 0;
  class Secret {
    readonly token = "secret";
    toString(): string {
      calls++;
      return "secret";
    }
  }
  const context = { run: () => calls++, secret: new Secret(), o: { get: () => calls++ } };
  const template =
    "$run $run() $!run.call() $secret $secret.token $secret.toString() $o.get('x') $o.get";
  const out = compileTemplate(template, { name: "attack", dialect: "2.x" }).render(context);
  assert.equal(calls, 0);
  assert.ok(
    !out.includes("secret\n") && !/\bsecret\b(?!\.|$| )/.test(out.replaceAll("$secret", "")),
  );
});

test("a key whose text changes between reads is read as it is, without conversion", () => {
  assert.deepEqual(survive(`$user[["first"]] $user[{"a": 1}] $user.get(["__proto__"])`).length, 2);
});

test("two renders of one template share nothing but the template", () => {
  const template =
    `#set($x = $!x + $n)$list.add($n)$list #macro(own)$n#end#evaluate('#macro(late)L$n#end')#late() $x`;
  const compiled = compileTemplate(template, { name: "shared", dialect: "1.7" });
  const first = { n: 1, list: ["a"] };
  const second = { n: 2, list: ["b"] };
  const alone = [compiled.render(first), compiled.render(second)];
  for (let i = 0; i < 5; i++) {
    assert.deepEqual([compiled.render(first), compiled.render(second)], alone);
  }
  assert.deepEqual([first, second], [{ n: 1, list: ["a"] }, { n: 2, list: ["b"] }]);
});

test("tools hold nothing that a template could change for the next", () => {
  const out = render(
    `#set($mathTool.add = "x")#set($esc.html = "x")$!mathTool.put("a", 1)$mathTool.add(1, 2)`,
  );
  assert.equal(out, "3");
  assert.equal(render("$mathTool.add(1, 2)$esc.html('<')"), "3&lt;");
});
