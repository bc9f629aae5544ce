import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";

/** The three headers of a signed webhook. */
export interface SignatureHeaders {
  readonly "webhook-id": string;
  readonly "webhook-timestamp": string;
  readonly "webhook-signature": string;
}

/** Signs bodies with every secret of a sink. */
export type Sign = (id: string, sentAtMs: number, body: string) => SignatureHeaders;

/**
 * Makes the signer of a sink, symmetric signatures as Standard Webhooks has them: HMAC-SHA256 over
 * `id.timestamp.body`, base64, one `v1,…` for each secret, so that a receiver accepts the old secret
 * and the new one while it is replaced. `whsec_…` is base64 of the key; any other text is the key's
 * own bytes. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function makeSigner(secrets: readonly string[]): Sign {
  const keys = secrets.map(secretKey);
  return (id, sentAtMs, body) => {
    const timestamp = String(Math.floor(sentAtMs / 1000));
    const signed = `${id}.${timestamp}.${body}`;
    const signatures = keys.map((key) =>
      `v1,${createHmac("sha256", key).update(signed).digest("base64")}`
    );
    return {
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": signatures.join(" "),
    };
  };
}

/** The bytes of the key that a configured secret stands for. */
export function secretKey(secret: string): Uint8Array {
  const prefix = "whsec_";
  return secret.startsWith(prefix)
    ? Buffer.from(secret.slice(prefix.length), "base64")
    : Buffer.from(secret, "utf8");
}
