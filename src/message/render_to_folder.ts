import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { previewPage } from "./preview_page.ts";
import type { RenderedMessage } from "./render_message.ts";

/** Files of the parts by their kinds. */
const extensions = { subject: "subject.txt", html: "html", text: "txt" } as const;

/**
 * Writes a rendered message to a folder, which is made where it is missing: one file a part
 * (`welcome.subject.txt`, `welcome.html`, `welcome.txt`), `welcome.data.json` with what it was
 * rendered from, and `welcome.preview.html`, which a browser opens and which shows all of them.
 * Files of the same names are replaced. Answers the paths, the preview first.
 */
export async function renderToFolder(
  rendered: RenderedMessage,
  name: string,
  folder: string,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const base = safeName(name);
  const files: [string, string][] = [
    [`${base}.preview.html`, previewPage(rendered, name)],
    [`${base}.data.json`, `${JSON.stringify(rendered.data, null, 2)}\n`],
  ];
  for (const part of ["subject", "html", "text"] as const) {
    const content = rendered.parts[part];
    if (content !== undefined) files.push([`${base}.${extensions[part]}`, content]);
  }
  for (const [file, content] of files) await writeFile(path.join(folder, file), content);
  return files.map(([file]) => path.join(folder, file));
}

/** Names of messages are free text; the names of their files must stay inside the folder. */
function safeName(name: string): string {
  const safe = name.replace(/[^\p{L}\p{N}_-]+/gu, "_").slice(0, 100);
  return safe === "" ? "message" : safe;
}
