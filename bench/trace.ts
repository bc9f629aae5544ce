/**
 * What spans cost where nobody has registered an SDK of OpenTelemetry, beside the least that happens
 * within one: a delivery signs its body, and does more than that.
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { makeSigner } from "../src/event/signature.ts";
import { withSpan } from "../src/observe/trace.ts";
import { pairedRatio, printResult } from "./paired.ts";

/** Bodies that one run signs. */
const bodies = 20_000;
const body = JSON.stringify({ text: "x".repeat(1_000) });
const sign = makeSigner([`whsec_${Buffer.alloc(32, 7).toString("base64")}`]);
const attributes = { "perigee.sink": "hook", "perigee.events": 1 };

async function signOne(index: number): Promise<void> {
  await Promise.resolve(sign(`msg_${index}`, 1_700_000_000_000, body));
}

async function signAll(one: (index: number) => Promise<void>): Promise<void> {
  for (let index = 0; index < bodies; index += 1) await one(index);
}

const spanned = (index: number) =>
  withSpan({ name: "deliver webhook", attributes, kind: "client" }, () => signOne(index));

const result = await pairedRatio(
  "signing a body within a span, without an SDK, against without the span",
  1.15,
  () => signAll(spanned),
  () => signAll(signOne),
  { area: "trace", runs: 15, kind: "atMost" },
);
printResult(result);
process.exit();
