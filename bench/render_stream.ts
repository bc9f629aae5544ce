import assert from "node:assert/strict";
import process from "node:process";
import { findMembers } from "../src/hub/segment_members.ts";
import { fetchBatch } from "../src/message/fetch_data.ts";
import { renderParts } from "../src/message/render_message.ts";
import type { Renderer } from "../src/message/renderer.ts";
import { runtimeName } from "../src/runtime.ts";
import { median, type PairedResult } from "./paired.ts";
import { type LoadClient, requestOf } from "./render_world.ts";

const messagesPerCore = 15_000;
const shareOfRendering = 0.5;
/** What the collector leaves lying about; the messages of 100,000 members are 1.1 GB. */
const flatMb = 96;
const runs = 3;

/** What is measured: a server at `port` whose segment has `contacts` members. */
export interface StreamBench {
  readonly renderer: Renderer;
  readonly client: LoadClient;
  readonly port: number;
  readonly contacts: number;
}

/** One stream of the whole segment, as the server's process met it. */
interface StreamCost {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Resident memory every 50 ms. */
  readonly memoryMb: readonly number[];
}

/**
 * Streams the segment to the client a few times. The bar asks for 15,000 messages a second and core
 * or for half of what rendering alone does; the first line holds with either, and both are printed.
 * Processor time of the server's process counts, since the bar is for one core.
 */
export async function measureStream(bench: StreamBench): Promise<PairedResult[]> {
  const { contacts } = bench;
  await streamOnce(bench);
  const costs: StreamCost[] = [];
  for (let run = 0; run < runs; run++) costs.push(await streamOnce(bench));
  const alone = await measureRenderingAlone(bench.renderer);
  const perCore = contacts / (median(costs.map(({ cpuMs }) => cpuMs)) / 1_000);
  const wallMs = median(costs.map(({ wallMs }) => wallMs));
  const holds = perCore >= messagesPerCore || perCore >= alone * shareOfRendering;
  const grownMb = median(costs.map(({ memoryMb }) => growth(memoryMb)));
  tell(bench, { perCore, alone, wallMs, memoryMb: costs.at(-1)?.memoryMb ?? [] });
  const shared = { area: "render", median_ms: Math.round(wallMs), runs };
  const whole = `POST /render/segment of ${contacts} members, ${runtimeName()}`;
  const perSecond = `${whole}: messages a second and core of the server against ${messagesPerCore}`;
  return [
    { ...shared, bar: perSecond, ratio: round(perCore / messagesPerCore), limit: 1, holds },
    {
      ...shared,
      bar: `${whole}: or against rendering alone`,
      ratio: round(perCore / alone),
      limit: shareOfRendering,
      holds,
    },
    {
      ...shared,
      bar: `${whole}: MB that memory grows by after the first second`,
      ratio: round(grownMb),
      limit: flatMb,
      holds: grownMb <= flatMb,
    },
  ];
}

async function streamOnce({ client, port, contacts }: StreamBench): Promise<StreamCost> {
  const request = requestOf("/render/segment", { message: "newsletter", segment: "everybody" });
  const memoryMb: number[] = [];
  const sampling = setInterval(() => memoryMb.push(process.memoryUsage().rss / 2 ** 20), 50);
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const outcome = await client.run({ port, request, requests: 1, connections: 1 });
  const { user, system } = process.cpuUsage(before);
  clearInterval(sampling);
  assert.equal(outcome.failed, 0);
  assert.ok(outcome.bytes > contacts * 8_000, `${outcome.bytes} bytes`);
  return { wallMs: performance.now() - startedAt, cpuMs: (user + system) / 1_000, memoryMb };
}

function growth(memoryMb: readonly number[]): number {
  return Math.max(...memoryMb) - Math.max(...memoryMb.slice(0, 20));
}

/** Messages a second and core where members and rows are in memory and nothing is sent. */
async function measureRenderingAlone(renderer: Renderer): Promise<number> {
  const message = renderer.messages.require("newsletter");
  const members = await findMembers(renderer.hub.sql, 7, "0", 1_000);
  const data = (await fetchBatch(renderer, message, members)).map((made) => made());
  const rates: number[] = [];
  for (let run = 0; run < runs + 1; run++) {
    const before = process.cpuUsage();
    let chars = 0;
    for (let n = 0; n < 20_000; n++) {
      const place = n % members.length;
      const contact = members[place]!;
      const scope = { data: data[place]!, contact, event: undefined, now: new Date() };
      const html = renderParts(renderer, message, { ...scope, contactTimezone: undefined }).html;
      chars += html?.charCodeAt(html.length >> 1) ?? 0;
    }
    const { user, system } = process.cpuUsage(before);
    assert.ok(chars > 0);
    if (run > 0) rates.push(20_000 / ((user + system) / 1_000_000));
  }
  return median(rates);
}

/** The figures behind the ratios, for people. */
function tell(
  { contacts }: StreamBench,
  figures: { perCore: number; alone: number; wallMs: number; memoryMb: readonly number[] },
): void {
  const { perCore, alone, wallMs, memoryMb } = figures;
  const curve = Array.from({ length: 11 }, (_, tenth) => {
    const sample = memoryMb[Math.round((memoryMb.length - 1) * tenth / 10)];
    return Math.round(sample ?? 0);
  });
  console.error(
    `render: ${Math.round(perCore)} messages a second and core, ` +
      `${Math.round(contacts / (wallMs / 1_000))} a second; rendering alone ${
        Math.round(alone)
      }; ` +
      `MB at each tenth of a stream: ${curve.join(" ")}`,
  );
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
