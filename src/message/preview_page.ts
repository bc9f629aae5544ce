import type { RenderedMessage } from "./render_message.ts";

/**
 * One HTML page that shows a rendered message as a mail program would: subject, page, text. The
 * message's own HTML sits in a sandboxed frame without scripts. Pure.
 */
export function previewPage(rendered: RenderedMessage, name: string): string {
  const { subject, html, text } = rendered.parts;
  const recipient = rendered.contact["email"] ?? rendered.contact["contactId"] ?? "no contact";
  const page = html === undefined
    ? ""
    : `<iframe sandbox title="html part" srcdoc="${escapeHtml(html)}"></iframe>`;
  const plain = text === undefined ? "" : `<h2>Text part</h2><pre>${escapeHtml(text)}</pre>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(name)}: preview</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
  iframe { width: 100%; height: 70vh; border: 1px solid; background: white; }
  pre { white-space: pre-wrap; border: 1px solid; padding: 1rem; }
</style>
</head>
<body>
<p>Message ${escapeHtml(name)} to ${escapeHtml(String(recipient))}</p>
<h1>${escapeHtml(subject ?? "(no subject)")}</h1>
${page}
${plain}
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
