import {
  iterables,
  literals,
  loopEnds,
  methods,
  names,
  operators,
  properties,
  statements,
  targets,
  words,
} from "./template_words.ts";

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

/** Makes templates out of Velocity's grammar, mostly valid, of a bounded size. */
export class TemplateGenerator {
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
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

  private block(depth: number, count: number): string {
    let text = "";
    for (let i = 0; i < count; i++) text += this.statement(depth);
    return text;
  }

  private statement(depth: number): string {
    const kind = this.below(depth > 0 ? 24 : 12);
    if (kind < 5) return this.pick(words);
    if (kind < 8) return "\\".repeat(this.below(8) === 0 ? this.below(4) : 0) + this.reference(2);
    if (kind < 11) {
      const [before, after] = [
        this.pick(["", "", "\n", "\n  ", " "]),
        this.pick(["", "", "\n", " \n"]),
      ];
      return `${before}#set(${this.space()}$${this.pick(targets)} = ${this.expression(2)})${after}`;
    }
    if (kind === 11) return this.pick(statements);
    const text = this.directive(kind, depth - 1);
    return this.below(3) === 0 ? this.pick(["\n", "\n  ", "\t", "\r\n"]) + text : text;
  }

  private directive(kind: number, depth: number): string {
    const body = () => this.block(depth, 1 + this.below(3));
    const after = this.pick(["", "\n", " ", "  \n", "", "\r\n", "##c\n", "\n\n"]);
    const end = this.pick(["#end", "#end", "\n#end", "\n  #end", "#{end}"]);
    switch (kind) {
      case 12:
      case 13:
        return `#if(${this.expression(2)})${after}${body()}${end}${after}`;
      case 14:
        return `#if(${this.expression(2)})${body()}#else${after}${body()}${end}${after}`;
      case 15:
        return `#if(${this.expression(1)})${body()}#elseif(${
          this.expression(1)
        })${after}${body()}#{else}${body()}${end}`;
      case 16:
      case 17:
      case 18:
        return `#foreach($${this.pick(["x", "y", "i"])} in ${
          this.pick(iterables)
        })${after}${body()}${this.pick(loopEnds)}${
          this.below(6) === 0 ? `#else${body()}` : ""
        }${end}${after}`;
      case 19:
        return `#macro(m $a)${after}${
          this.pick([
            "$a",
            "$!a",
            "$a.name",
            "#set($a = 3)$a",
            "\\$a",
            "${a}",
            "#set($x = $a)$x",
            "$a.k1.x",
          ])
        }${body()}${end}${after}`;
      case 20:
        return this.macro(body, end, after);
      case 21:
        return `#define($d)${after}${body()}${end}${
          this.pick(["$d", "$d$d", "$!d ", "#set($n = 9)$d"])
        }`;
      case 22:
        return `#${
          this.pick(["@m($n)", "@mb()", "@mb", "@m2($x 'y')"])
        }${after}${body()}${end}${after}`;
      default:
        return `#evaluate('${body().replaceAll("'", '"')}')`;
    }
  }

  private macro(body: () => string, end: string, after: string): string {
    return this.pick([
      () => `#macro(m2 $a $b)${body()}$a$b${end}`,
      () => `#macro(m2 $a, $b)${after}$!a-$!b${body()}${end}${after}`,
      () => `#macro(mb)${after}<$bodyContent>${body()}$!bodyContent${end}${after}`,
      () => `#macro(mb $a)[$!a#if($bodyContent)$bodyContent#end]${end}${after}`,
      () =>
        `#macro(recurse $k)$k#if($k > 0)#set($k2 = $k - 1)#recurse($k2)#end$k${end}${after}#recurse(2)`,
      () => `#macro(m $a $b = 'dflt')$!a$!b${end}${after}`,
      () => `#macro(outer $a)#m($a)$a#macro(m $b)inner $b#end${end}#outer($n)`,
    ])();
  }

  private space(): string {
    return this.pick(["", "", " "]);
  }

  private reference(depth: number): string {
    const quiet = this.pick(["", "", "!"]);
    let path = this.pick<string>(names);
    for (let i = this.below(3); i > 0 && depth > 0; i--) {
      const kind = this.below(4);
      if (kind === 0) path += `.${this.pick(properties)}`;
      else if (kind < 3) path += `.${this.pick(methods)}`;
      else {path += `[${
          this.pick(["0", "1", "-1", "'k1'", "$zero", '"name"', "$n", "'a'", "$i1", "9"])
        }]`;}
    }
    if (this.below(3) > 0) return `$${quiet}${path}`;
    const alternate = this.below(5) === 0 ? `|${this.expression(1)}` : "";
    return `$${quiet}{${path}${alternate}}`;
  }

  private expression(depth: number): string {
    const kind = this.below(depth > 0 ? 9 : 4);
    if (kind < 2) return this.reference(1);
    if (kind < 4) return this.pick(literals);
    if (kind < 6) {
      return `${this.expression(depth - 1)} ${this.pick(operators)} ${this.expression(depth - 1)}`;
    }
    if (kind === 6) return `(${this.expression(depth - 1)})`;
    if (kind === 7) {
      return `$${this.pick(names)}.${this.pick(["equals", "contains", "get", "add"])}(${
        this.expression(0)
      })`;
    }
    return `${this.pick(["!", "! ", "not "])}${this.expression(depth - 1)}`;
  }
}
