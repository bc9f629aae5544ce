import assert from "node:assert/strict";
import { createRequire } from "node:module";
import process from "node:process";
import { Eta } from "eta";
import Handlebars from "handlebars";
import { Liquid } from "liquidjs";
import { compileTemplate } from "../src/message/velocity/compile.ts";
import { pairedRatio, printResult } from "./paired.ts";
import type { PairedOptions, PairedResult, Work } from "./paired.ts";
import {
  etaNewsletter,
  flat,
  handlebarsNewsletter,
  liquidNewsletter,
  literalSource,
  newsletterData,
  velocityNewsletter,
} from "./velocity_newsletter.ts";
import type { NewsletterData } from "./velocity_newsletter.ts";

type Render = (data: NewsletterData) => string;

interface VelocityJs {
  parse(source: string): unknown[];
  Compile: new (ast: unknown[]) => { render(context: unknown): string };
}

const options: PairedOptions = { area: "velocity" };
const messages = Array.from({ length: 64 }, (_, n) => newsletterData(n));
const velocityjs = createRequire(import.meta.url)("velocityjs") as VelocityJs;

/** Prints a bar; a missed one fails the benchmark. */
function report(result: PairedResult): void {
  printResult(result);
  if (!result.holds) process.exitCode = 1;
}

/** Renders `count` messages and reads each, so that no engine gets away with text it has not joined. */
function batch(render: Render, count: number): Work {
  return () => {
    let chars = 0;
    for (let n = 0; n < count; n++) {
      const text = render(messages[n % messages.length]!);
      chars += text.length + text.charCodeAt(text.length >> 1);
    }
    return chars;
  };
}

function engines(): Record<string, Render> {
  const ours = compileTemplate(velocityNewsletter, { name: "newsletter", dialect: "1.7" });
  const bars = Handlebars.compile(handlebarsNewsletter, { noEscape: true });
  const liquid = new Liquid();
  const liquidTemplate = liquid.parse(liquidNewsletter);
  const eta = new Eta({ autoEscape: false, autoTrim: false });
  const etaTemplate = eta.compile(etaNewsletter);
  const ast = velocityjs.parse(velocityNewsletter);
  const literal = new Function("d", `return ${literalSource}`) as Render;
  return {
    ours: (data) => ours.render(data),
    literal,
    handlebars: (data) => bars(data),
    velocityjs: (data) => new velocityjs.Compile(ast).render(data),
    liquidjs: (data) => liquid.renderSync(liquidTemplate, data),
    eta: (data) => eta.render(etaTemplate, data),
  };
}

/** Figures of engines that print different things are worth nothing. */
function requireSameOutput(all: Record<string, Render>): void {
  for (const data of messages.slice(0, 3)) {
    const wanted = all["literal"]!(data).replace(/\s+/g, " ");
    for (const [name, render] of Object.entries(all)) {
      assert.equal(render(data).replace(/\s+/g, " "), wanted, `${name} prints something else`);
    }
  }
}

/** HTML as mail builders make it: colours, entities and prices that look like Velocity and are not. */
function htmlOf(kilobytes: number): string {
  const cell = '<td style="color:#336699;background:#ffffff">&#160;US$5 #1 for you</td>';
  const row = `<tr>${cell.repeat(4)}<td><a href="#top">$!item.name</a></td></tr>\n`;
  return flat(row.repeat(Math.ceil(kilobytes * 1024 / row.length)));
}

async function main(): Promise<void> {
  const all = engines();
  requireSameOutput(all);
  const cached = async (bar: string, limit: number, other: string, count = 200) => {
    const work = [batch(all["ours"]!, count), batch(all[other]!, count)] as const;
    report(await pairedRatio(`cached template against ${bar}`, limit, ...work, options));
  };
  await cached("a template literal", 0.45, "literal");
  await cached("handlebars", 1, "handlebars");
  await cached("velocityjs", 4, "velocityjs", 50);
  await cached("liquidjs, for orientation", 1, "liquidjs", 50);
  await cached("eta, for orientation", 0.1, "eta");
  const compiled: Render = (data) =>
    compileTemplate(velocityNewsletter, { name: "newsletter", dialect: "1.7" }).render(data);
  const parsed: Render = (data) =>
    new velocityjs.Compile(velocityjs.parse(velocityNewsletter)).render(data);
  const bar = "parse, compile and render against velocityjs";
  report(await pairedRatio(bar, 8, batch(compiled, 40), batch(parsed, 40), options));
  const [small, large] = [htmlOf(60), htmlOf(600)];
  const parse = (source: string) => compileTemplate(source, { name: "html", dialect: "1.7" });
  const linear = "parsing 600 KB of HTML against ten times 60 KB";
  const tenTimes = () => {
    for (let i = 0; i < 10; i++) parse(small);
  };
  const atMost = { ...options, kind: "atMost" } as const;
  report(await pairedRatio(linear, 1.2, () => parse(large), tenTimes, atMost));
}

await main();
