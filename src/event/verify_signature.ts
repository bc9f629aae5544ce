import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { makeSigner } from "./signature.ts";

/** Oldest and newest timestamp that is accepted, as Standard Webhooks recommends it. */
const toleranceMs = 300_000;

/**
 * Whether a webhook was signed with one of the secrets, over this very body, within five minutes of
 * `nowMs`. Takes the same time for a wrong signature as for a right one.
 */
export function verifySignature(
  secrets: readonly string[],
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: string,
  nowMs: number,
): boolean {
  const id = headers["webhook-id"];
  const sentAtMs = Number(headers["webhook-timestamp"]) * 1000;
  const given = headers["webhook-signature"];
  if (typeof id !== "string" || typeof given !== "string") return false;
  if (!(Math.abs(nowMs - sentAtMs) <= toleranceMs)) return false;
  const expected = makeSigner(secrets)(id, sentAtMs, body)["webhook-signature"].split(" ");
  const isEqual = (one: string, other: string) =>
    one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
  return given.split(" ").some((one) => expected.some((other) => isEqual(one, other)));
}
