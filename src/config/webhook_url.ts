/** What stands for the sample's own receiver instead of a URL. */
export const embeddedReceiver = "embedded:receiver";

/**
 * What is wrong with a webhook's URL; undefined when requests can go there. Never quotes the URL:
 * its path may be the secret.
 */
export function findUrlFault(url: string): { message: string; advice: string } | undefined {
  if (url === embeddedReceiver) return undefined;
  if (!URL.canParse(url)) {
    return {
      message: "The webhook's URL cannot be read.",
      advice: "Write it as `https://hooks.example.com/path`.",
    };
  }
  const { protocol, username, password } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") {
    return {
      message: "The webhook's URL is neither http nor https.",
      advice: "Write `https://…`.",
    };
  }
  if (username !== "" || password !== "") {
    return {
      message: "The webhook's URL holds credentials, which requests would not send.",
      advice: "Put them under `auth.basic`.",
    };
  }
  return undefined;
}

/** Is this a secret that the Standard Webhooks libraries take: any text, or `whsec_` and base64? */
export function isWebhookSecret(secret: string): boolean {
  if (!secret.startsWith("whsec_")) return secret !== "";
  const encoded = secret.slice("whsec_".length);
  return encoded !== "" && encoded.length % 4 !== 1 && /^[A-Za-z0-9+/]+={0,2}$/.test(encoded);
}
