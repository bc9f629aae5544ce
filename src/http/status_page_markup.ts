/** Text that is HTML already. Made by `markup` alone. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: markup as it is, texts and numbers escaped, nothing for undefined. */
export type Part = Markup | string | number | undefined | readonly Part[];

/**
 * HTML with everything that is put in escaped, so that it can stand between tags and inside double
 * quotes. Not for scripts, styles and URLs. Pure.
 */
export function markup(literals: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = literals[0] ?? "";
  for (const [index, part] of parts.entries()) text += write(part) + (literals[index + 1] ?? "");
  return new Markup(text);
}

function write(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(write).join("");
  return escapeText(String(part));
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Control characters are no HTML; a terminal or an editor that shows the source may obey them. */
function escapeText(text: string): string {
  // deno-lint-ignore no-control-regex -- exactly those are meant
  return text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, "\ufffd")
    .replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
