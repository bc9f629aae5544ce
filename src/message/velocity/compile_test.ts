import assert from "node:assert/strict";
import { test } from "node:test";
import { compileTemplate } from "./compile.ts";
import type { CompileOptions } from "./compile.ts";
import { VelocityError } from "./error.ts";

function compile(source: string, options: Partial<CompileOptions> = {}) {
  return compileTemplate(source, { name: "welcome.vm", dialect: "1.7", ...options });
}

function failureOf(run: () => unknown): VelocityError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof VelocityError, String(error));
    return error;
  }
  return assert.fail("nothing was thrown");
}

test("every way in which the reference page writes a row's fields prints the row", () => {
  const row = { id: "2", email: "ann@example.com", name: "Ann", promo_code: "BD-22" };
  for (const key of ["promo_codes", "1043"]) {
    const data = { [key]: [row] };
    const first = `$!data.get('${key}').get(0)`;
    assert.equal(compile(`${first}.get('name')`).render({ data }), "Ann");
    assert.equal(compile(`${first}.get('promo_code')`).render({ data }), "BD-22");
    const loop =
      `#foreach($pc in $!data.get('${key}'))\n\n$!pc.get('name')\n\n$!pc.get('promo_code')\n\n#end`;
    assert.equal(compile(loop).render({ data }), "\nAnn\n\nBD-22\n\n");
  }
});

test("an index outside a list fails the message at the place of the call", () => {
  const template = compile("Hello\n  $!data.get('a').get(3)");
  const error = failureOf(() => template.render({ data: { a: [] } }));
  assert.equal(error.code, "VTL201");
  assert.deepEqual([error.line, error.column, error.template], [2, 19, "welcome.vm"]);
  assert.equal(error.excerpt, "$!data.get('a').get(3)");
});

test("a required source without rows has an outcome of its own, and one that is not required none", () => {
  const template = compile("$!datasource('promo').required('true')Code: $!data.promo[0].code");
  assert.equal(template.render({ data: { promo: [{ code: "X" }] } }), "Code: X");
  for (const data of [{ promo: [] }, {}, { promo: null }, undefined]) {
    assert.equal(failureOf(() => template.render({ data })).code, "VTL401");
  }
  assert.equal(compile("$!datasource('promo').required('false')x").render({}), "x");
  const cheated = compile("#set($data = {'promo': [1]})$!datasource('promo').required('true')x");
  assert.equal(failureOf(() => cheated.render({ data: {} })).code, "VTL401");
});

const mistakes: readonly (readonly [string, string, number, number, RegExp])[] = [
  ["#if($a)\nx", "VTL102", 1, 1, /Add #end/],
  ["a\n #end", "VTL102", 2, 2, /escape it/],
  [
    "# foreach($x in $y)\n$x\n#end",
    "VTL102",
    3,
    1,
    /'# foreach\(' on line 1 is text: write #foreach without/,
  ],
  ["#if($a == ’x’)b#end", "VTL101", 1, 11, /typographic quotes/],
  ["#if($a == “x”)b#end", "VTL101", 1, 11, /typographic quotes/],
  ["#if($a)x#else y#else z#end", "VTL102", 1, 16, /Close #else/],
  ["#if($a)x#elseif y#end", "VTL101", 1, 17, /Write #elseif/],
  ["#set($x = null)", "VTL101", 1, 11, /no null literal/],
  ["#set($x = 'a)", "VTL101", 1, 11, /Close it with/],
  ["#if($a = 1)x#end", "VTL101", 1, 8, /==/],
  ["${a.b c}", "VTL101", 1, 1, /brace/],
  ["#foreach($x in $y)a#{else}b#end", "VTL102", 1, 20, /dialect 2.x/],
  ["$a.get($n - 1)", "VTL101", 1, 11, /#set first/],
  ["#set($x = $n -1)", "VTL101", 1, 14, /space after the minus/],
  ["#[[ never", "VTL102", 1, 1, /\]\]#/],
];

for (const [source, code, line, column, hint] of mistakes) {
  test(`${JSON.stringify(source)} is refused where it is wrong, with a way out`, () => {
    const error = failureOf(() => compile(source));
    assert.deepEqual([error.code, error.line, error.column], [code, line, column]);
    assert.match(error.hint ?? "", hint);
  });
}

test("a mistake inside a string template is reported at its place in the whole", () => {
  const error = failureOf(() => compile('a\n#set($x = "b #if($c) d")'));
  assert.deepEqual([error.line, error.column], [2, 14]);
});

test("what Velocity takes for text and hardly is becomes a warning", () => {
  const { warnings } = compile("#if($a)x#else if($b)y#end\n# set($x = 1)");
  assert.deepEqual(warnings.map(({ line, column }) => [line, column]), [[1, 14], [2, 1]]);
  assert.match(warnings[0]!.message, /#elseif/);
  assert.equal(compile("#fff # x #1 &#160;").warnings.length, 0);
});

test("escape html escapes what references print, once, and leaves markup and raw text alone", () => {
  const template = compile(
    `<b>$x</b>$esc.html($x)$esc.raw($x)#set($y = "<$x>")$y#define($d)<i>$x</i>#end$d#macro(m $a)<u>$a</u>#end#m($x)`,
    { escape: "html" },
  );
  const x = "&lt;&amp;&#39;";
  assert.equal(
    template.render({ x: "<&'" }),
    `<b>${x}</b>${x}<&'&lt;${x}&gt;<i>${x}</i><u>${x}</u>`.replace(
      `&lt;${x}&gt;`,
      `&lt;&lt;&amp;&#39;&gt;`,
    ),
  );
});

test("each white space mode treats directives on their own lines its own way", () => {
  const source = "<ul>\n  #foreach($x in [1..2])\n    <li>$x</li>\n  #end\n</ul>\n";
  const printed = (whitespace: "none" | "bc" | "lines" | "structured") =>
    compile(source, { whitespace, dialect: "2.x" }).render({});
  assert.equal(printed("none"), "<ul>\n  \n    <li>1</li>\n  \n    <li>2</li>\n  \n</ul>\n");
  assert.equal(printed("bc"), "<ul>\n      <li>1</li>\n      <li>2</li>\n  </ul>\n");
  assert.equal(printed("lines"), "<ul>\n    <li>1</li>\n    <li>2</li>\n</ul>\n");
  assert.equal(printed("structured"), "<ul>\n  <li>1</li>\n  <li>2</li>\n</ul>\n");
});

test("templates include one another by name, with shared variables, macros and a depth limit", () => {
  const files: Record<string, string> = {
    "footer.vm": "#set($seen = 'yes')#shout($name)",
    "macros.vm": "#macro(shout $a)$a.toUpperCase()!#end",
    "raw.txt": "$name",
    "loop.vm": "#parse('loop.vm')",
  };
  const includes = (name: string) => Object.hasOwn(files, name) ? files[name] : undefined;
  const template = compile(`#parse("macros.vm")#parse('footer.vm')$seen #include('raw.txt')`, {
    includes,
  });
  assert.equal(template.render({ name: "Ann" }), "ANN!yes $name");
  assert.equal(
    failureOf(() => compile("#parse('loop.vm')", { includes }).render({})).code,
    "VTL304",
  );
  assert.equal(
    failureOf(() => compile("#parse('/etc/passwd')", { includes }).render({})).code,
    "VTL203",
  );
  assert.equal(failureOf(() => compile("#include('raw.txt')").render({})).code, "VTL203");
});

test("an error inside an included template names that template", () => {
  const includes = () => "a\n$list.get(9)";
  const error = failureOf(() => compile("#parse('part.vm')", { includes }).render({ list: [] }));
  assert.deepEqual([error.template, error.line, error.column], ["part.vm", 2, 7]);
});

test("macro arguments are by name in 1.7 and by value in 2.x", () => {
  const source = "#macro(m $a)$a#set($x = 2)$a#end#set($x = 1)#m($x)";
  assert.equal(compile(source).render({}), "12");
  assert.equal(compile(source, { dialect: "2.x" }).render({}), "11");
  const missing = "#macro(m $a)$a#end#m($nothing)";
  assert.equal(compile(missing).render({}), "$nothing");
  assert.equal(compile(missing, { dialect: "2.x" }).render({}), "$a");
});

test("a template tells what it refers to, and where", () => {
  const { references } = compile(
    "Hi $contact.firstName $!missing\n#foreach($row in $data.get('promo'))\n$row.code $row.get('until').frob()\n" +
      "#end#set($first = $data.orders.get(0))$first.total $!datasource('promo').required('true')",
  );
  const names = (mentions: readonly { name: string }[]) => mentions.map(({ name }) => name);
  assert.deepEqual(names(references.roots), ["contact", "missing", "data"]);
  assert.deepEqual(references.sources.map(({ name, line, column }) => [name, line, column]), [
    ["promo", 2, 24],
    ["orders", 4, 25],
  ]);
  assert.deepEqual(references.columns.map(({ source, name, line }) => [source, name, line]), [
    ["promo", "code", 3],
    ["promo", "until", 3],
    ["orders", "total", 4],
  ]);
  assert.deepEqual(references.methods.map(({ name, isKnown }) => [name, isKnown]), [
    ["get", true],
    ["frob", false],
  ]);
  assert.deepEqual(names(references.required), ["promo"]);
});

test("a write to the context's lists and maps stays inside the render and is seen through aliases", () => {
  const context = { user: { name: "Ann", tags: ["x"] } };
  const source =
    "#set($o = $user)#set($o.name = 'Bo')$!user.tags.add('y')$user.name$user.tags$user";
  assert.equal(compile(source).render(context), "trueBo[x, y]{name=Bo, tags=[x, y]}");
  assert.deepEqual(context, { user: { name: "Ann", tags: ["x"] } });
});
