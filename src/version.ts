import { readFile } from "node:fs/promises";

/** The version of this program, as its manifest gives it. */
export async function readVersion(): Promise<string> {
  const manifest = await readFile(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
