import type { ContactKey } from "../hub/contacts.ts";
import { usage } from "./workplace.ts";

/**
 * The contact that a word names: `kozak@example.com`, `+380…`, `contactId=17`,
 * `externalCustomerId=A-1`, or `<additional field>=value`. Throws PG921 for anything else.
 */
export function parseContactWord(word: string): ContactKey {
  const [, name, value] = /^([A-Za-z_][\w.-]*)=(.+)$/s.exec(word) ?? [];
  if (name === undefined || value === undefined) {
    if (word.includes("@")) return { kind: "email", value: word.trim().toLowerCase() };
    if (/^\+\d{5,15}$/.test(word)) return { kind: "phone", value: word };
    if (/^\d+$/.test(word)) return { kind: "contactId", value: word };
    throw usage(`${word} names no contact; write an e-mail address, +phone, id, or field=value`);
  }
  if (name === "email") return { kind: "email", value: value.trim().toLowerCase() };
  if (name === "contactId" || name === "phone" || name === "externalCustomerId") {
    return { kind: name, value };
  }
  return { kind: "field", name, value };
}
