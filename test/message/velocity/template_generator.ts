/** A source of numbers that a seed repeats: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const names = [
  "name",
  "n",
  "f",
  "t",
  "fls",
  "empty",
  "nul",
  "missing",
  "list",
  "map",
  "user",
  "x",
  "y",
  "s",
  "big",
];
const properties = ["k1", "name", "address", "city", "size", "empty", "foo", "age", "tags"];
const words = [
  "a",
  " ",
  "\n",
  "b c",
  "<p>",
  "&amp;",
  "# x",
  "#fff",
  "#1",
  "$ x",
  "$)",
  "$5",
  "%",
  ".",
  "-",
  "\\",
  " (",
  ")",
  " [",
  " {",
  "} ",
  "  ",
  "\t",
  "!",
  " ##c\n",
  "#*c*#",
  "#[[r$x]] #]]#",
  "\r\n",
  " @",
  ",",
  ";",
];
const methods = [
  "length()",
  "size()",
  "get(0)",
  "get('k1')",
  "toString()",
  "isEmpty()",
  "contains('a')",
  "equals($n)",
  "substring(1)",
  "substring(0,2)",
  "toUpperCase()",
  "trim()",
  "indexOf('o')",
  "replace('o','0')",
  "split('o')",
  "keySet()",
  "values()",
  "entrySet()",
  "add('z')",
  "put('z', 1)",
  "remove('k1')",
  "hashCode()",
  "intValue()",
  "compareTo('Bob')",
  "matches('[A-Z].*')",
  "replaceAll('(l+)','<$1>')",
  "containsKey('k1')",
  "foo(1)",
  "subList(0,1)",
  "startsWith('H')",
  "charAt(0)",
  "concat('!')",
  "lastIndexOf('o')",
  "addAll([1,2])",
  "get($y)",
  "booleanValue()",
];
const operators = [
  "+",
  "-",
  "*",
  "/",
  "%",
  "==",
  "!=",
  "<",
  ">",
  "<=",
  ">=",
  "&&",
  "||",
  "and",
  "or",
  "eq",
  "ne",
  "lt",
  "gt",
];

/** Makes templates out of Velocity's grammar, mostly valid, of a bounded size. */
export class TemplateGenerator {
  private readonly random: () => number;
  private readonly spaced: boolean;

  /** Without `spaced`, no white space stands at places where the dialects gobble it differently. */
  constructor(seed: number, spaced = true) {
    this.random = seededRandom(seed);
    this.spaced = spaced;
  }

  /** One template. */
  template(): string {
    return this.block(3, 1 + this.below(5));
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  private block(depth: number, statements: number): string {
    let text = "";
    for (let i = 0; i < statements; i++) text += this.statement(depth);
    return text;
  }

  private statement(depth: number): string {
    const kind = this.below(depth > 0 ? 22 : 12);
    if (kind < 5) return this.pick(words);
    if (kind < 9) return "\\".repeat(this.below(8) === 0 ? this.below(4) : 0) + this.reference(2);
    if (kind < 11) {
      return `#set(${this.space()}$${this.pick(["x", "y", "x.z", "map.k9", "list[0]"])} = ${
        this.expression(2)
      })`;
    }
    if (kind === 11) {
      return this.pick([
        "#m($x)",
        "#m",
        "#m2(1 $n)",
        "#unknown($x)",
        "\\#if",
        "#break",
        "#stop",
        "$!x",
      ]);
    }
    return this.directive(kind, depth - 1);
  }

  private directive(kind: number, depth: number): string {
    const body = () => this.block(depth, 1 + this.below(3));
    const after = this.spaced ? this.pick(["", "\n", " ", "  \n"]) : "";
    switch (kind) {
      case 12:
      case 13:
        return `#if(${this.expression(2)})${after}${body()}#end${after}`;
      case 14:
        return `#if(${this.expression(2)})${body()}#else${after}${body()}#end${after}`;
      case 15:
        return `#if(${this.expression(1)})${body()}#elseif(${
          this.expression(1)
        })${body()}#{else}${body()}#end`;
      case 16:
      case 17:
        return `#foreach($${this.pick(["x", "y", "i"])} in ${this.iterable()})${after}${body()}${
          this.pick([
            "$foreach.count",
            "$foreach.index",
            "$velocityCount",
            "#break",
            "$foreach.hasNext",
            "",
          ])
        }#end${after}`;
      case 18:
        return `#macro(m $a)${after}${
          this.pick(["$a", "$!a", "$a.name", "#set($a = 3)$a", "\\$a"])
        }${body()}#end${after}`;
      case 19:
        return `#macro(m2 $a $b)${body()}$a$b#end`;
      case 20:
        return `#define($d)${body()}#end$d`;
      default:
        return `#evaluate('${body().replaceAll("'", '"')}')`;
    }
  }

  private space(): string {
    return this.pick(["", "", " "]);
  }

  private iterable(): string {
    return this.pick([
      "$list",
      "[1..3]",
      "$map",
      "$map.keySet()",
      "$nums",
      '["q","r"]',
      "$missing",
      "$rows",
      "[$n..3]",
      "$s",
    ]);
  }

  private reference(depth: number): string {
    const quiet = this.pick(["", "", "!"]);
    let path = this.pick(names);
    for (let i = this.below(3); i > 0 && depth > 0; i--) {
      const kind = this.below(3);
      if (kind === 0) path += `.${this.pick(properties)}`;
      else if (kind === 1) path += `.${this.pick(methods)}`;
      else path += `[${this.pick(["0", "1", "-1", "'k1'", "$zero", '"name"'])}]`;
    }
    return this.below(3) === 0 ? `$${quiet}{${path}}` : `$${quiet}${path}`;
  }

  private literal(): string {
    return this.pick([
      "1",
      "0",
      "5",
      "-3",
      "2.5",
      "1.0",
      "true",
      "false",
      '"a"',
      "'b$n'",
      '""',
      '"$name!"',
      '"x$!missing"',
      "[1, 2]",
      "[]",
      "{}",
      '{"a": 1}',
      "[1..3]",
      '"5"',
      "3000000000",
      "1e3",
      '"#if($t)y#end"',
      "[$n, 'z']",
      "'it''s'",
    ]);
  }

  private expression(depth: number): string {
    const kind = this.below(depth > 0 ? 8 : 4);
    if (kind < 2) return this.reference(1);
    if (kind < 4) return this.literal();
    if (kind < 6) {
      return `${this.expression(depth - 1)} ${this.pick(operators)} ${this.expression(depth - 1)}`;
    }
    if (kind === 6) return `(${this.expression(depth - 1)})`;
    return `${this.pick(["!", "! ", "not "])}${this.expression(depth - 1)}`;
  }
}
