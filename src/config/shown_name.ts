import { maskSecretText } from "./secret_name.ts";

/** Characters that would break a message's line or turn its direction. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A name or value from a file as messages may show it: cut, without control characters, and with
 * what looks like a URL's credentials masked.
 */
export function shownName(name: string): string {
  const clean = maskSecretText(name.slice(0, 1000)).replace(unprintable, "\ufffd");
  const cut = [...clean].slice(0, 80).join("");
  return cut.length < clean.length ? `${cut}…` : cut;
}
