const shown = "[secret]";

/**
 * Shorter texts are no secrets that a log could keep: hiding every `a` would leave nothing to read,
 * and a password of three characters is not made safer by it.
 */
const shortest = 4;

/**
 * Makes a function that replaces every one of `secrets` in a text, or in all texts within an array
 * or object, also where it is percent-encoded as in a URL. The last line of defence: what is logged
 * should hold none. Longer secrets are replaced first, so no rest of one that contains another stays.
 */
export function makeRedactor(secrets: readonly string[]): <T>(value: T) => T {
  const forms = secrets.filter((secret) => secret.length >= shortest)
    .flatMap((secret) => [secret, encodeURIComponent(secret)]);
  const longestFirst = [...new Set(forms)].sort((one, other) => other.length - one.length);
  const redactText = (text: string) =>
    longestFirst.reduce((rest, secret) => rest.replaceAll(secret, shown), text);
  const redact = (value: unknown): unknown => {
    if (typeof value === "string") return redactText(value);
    if (Array.isArray(value)) return value.map(redact);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, redact(each)]));
  };
  return redact as <T>(value: T) => T;
}
