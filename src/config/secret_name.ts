import { editDistance } from "./spelling.ts";

const secretPart =
  /pass|pwd|secret|token|bearer|credential|authori[sz]ation|api[-_]?key|private[-_]?key/i;
const oftenMisspelt = ["password", "secrets", "secret", "tokens", "token"];

/**
 * Does a key of this name hold something that must not be shown, misspelt ones (`pasword`)
 * included? Decides what excerpts of files mask; wrong guesses only hide a little too much.
 */
export function looksSecret(key: string): boolean {
  if (secretPart.test(key)) return true;
  const lower = key.toLowerCase();
  return oftenMisspelt.some((name) => editDistance(lower, name, 2) <= 2);
}

/**
 * What looks secret in any text, also of a file that could not be parsed: credentials and paths of
 * URLs, what follows a key that sounds secret, signing secrets, and long runs of base64.
 */
export const secretTexts: readonly RegExp[] = [
  /(?<=\b[a-z][a-z0-9+.-]*:\/\/)\S*(?=@)/gi,
  /(?<=\bhttps?:\/\/[^\s/'"]+\/)[^\s'"}\]]+/gi,
  /(?<=\b(?:\w*pass\w*|pwd|\w*secrets?|\w*tokens?|bearer|credentials?|authorization|api_?key)["']?[ \t]*:[ \t]+)(?:(?<=:[ \t]+)\[[^\]]*\]?|[^\s,}\][{](?:[^,}\]]*[^\s,}\]])?)/gi,
  /\bwhsec_[\w+/=-]+/g,
  /[\w+/=-]{64,}/g,
];

/** The text with everything that looks secret masked. */
export function maskSecretText(text: string): string {
  return secretTexts.reduce((masked, pattern) => masked.replace(pattern, "***"), text);
}
