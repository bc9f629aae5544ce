import type { PartName } from "../message/compile_messages.ts";
import type { JsonBytes } from "./json_bytes.ts";

/** Appends a message's parts as members of a JSON object, the first of them after `before`. */
export function writeParts(
  bytes: JsonBytes,
  parts: Readonly<Partial<Record<PartName, string>>>,
  before: "" | ",",
): void {
  let comma = before;
  for (const part in parts) {
    bytes.raw(`${comma}"${part}":`);
    bytes.text(parts[part as PartName] ?? "");
    comma = ",";
  }
}
