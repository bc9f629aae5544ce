import { readFileSync, statSync } from "node:fs";

/** A file's text, or why there is none, as the end of a sentence ("does not exist"). */
export type ReadText =
  | { readonly text: string; readonly reason?: undefined }
  | { readonly text?: undefined; readonly reason: string };

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "does not exist",
  EACCES: "may not be read by this user",
  EPERM: "may not be read by this user",
  ELOOP: "is a circle of symbolic links",
  EISDIR: "is a folder",
  ENAMETOOLONG: "has too long a name",
};

/** Why a file system call failed, as the end of a sentence; decided on the error's code. */
export function fileFailure(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (name === "NotCapable") {
    return "may not be read with the permissions that the runtime was given";
  }
  return reasons[String(code)] ?? `cannot be read (${String(code ?? name)})`;
}

/**
 * Reads a regular file of at most `maxBytes` as UTF-8. Never waits on a pipe or device. A byte
 * order mark at the start is dropped.
 */
export function readText(path: string, maxBytes: number): ReadText {
  let bytes: Uint8Array;
  try {
    if (path.includes("\0")) return { reason: "has a NUL character in its name" };
    const facts = statSync(path);
    if (facts.isDirectory()) return { reason: "is a folder" };
    if (!facts.isFile()) return { reason: "is no regular file" };
    if (facts.size > maxBytes) return { reason: `is larger than ${maxBytes} bytes` };
    bytes = readFileSync(path);
  } catch (error) {
    return { reason: fileFailure(error) };
  }
  if (bytes.length > maxBytes) return { reason: `is larger than ${maxBytes} bytes` };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { reason: "is not UTF-8 text" };
  }
}
