import { RawText } from "../loop_scope.ts";
import { methodTable } from "../method_table.ts";
import { print } from "../print.ts";
import type { RenderState } from "../state.ts";
import { Tool } from "../tool.ts";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes `& < > " '` for HTML text and quoted attributes. */
export function escapeHtml(state: RenderState, text: string): string {
  if (!/[&<>"']/.test(text)) return text;
  state.charge(text.length >> 6);
  const escaped = text.replace(/[&<>"']/g, (char) => entities[char]!);
  state.claimChars(escaped.length);
  return escaped;
}

/** Percent-encodes everything but letters, digits and `- _ . ~`; a lone surrogate becomes U+FFFD. */
function escapeUrl(text: string): string {
  return encodeURIComponent(
    text.replace(
      /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      "\ufffd",
    ),
  )
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Escapes for a quoted JavaScript string, also inside an HTML script element or attribute. */
function escapeJavascript(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex
    /[\u0000-\u001f\\'"`<>&=\u007f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Quotes a CSV field where it needs quotes, and defuses a leading formula character. */
function escapeCsv(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^[+-]?[\d.]+$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => char === "'" ? "&apos;" : entities[char]!);
}

/** Null stays null; the result is marked so that `escape: html` does not escape it again. */
function escaper(escape: (text: string) => string) {
  return (_: Tool, [value]: readonly unknown[], state: RenderState): unknown => {
    if (value === null || value === undefined) return null;
    const text = print(state, value);
    state.charge(text.length >> 4);
    state.claimChars(text.length);
    const escaped = escape(text);
    state.claimChars(escaped.length);
    return new RawText(escaped);
  };
}

/** `$esc`: html, xml, url, javascript, csv, and raw for text that `escape: html` must leave alone. */
export const escapeTool: Tool = new Tool(
  "esc",
  methodTable<Tool>({
    "html(any)": escaper((text) => text.replace(/[&<>"']/g, (char) => entities[char]!)),
    "xml(any)": escaper(escapeXml),
    "url(any)": escaper(escapeUrl),
    "javascript(any)": escaper(escapeJavascript),
    "csv(any)": escaper(escapeCsv),
    "raw(any)": escaper((text) => text),
  }),
);
