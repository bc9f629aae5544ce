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
