import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { renderToFolder } from "../../src/message/render_to_folder.ts";

test("a rendered message becomes files that a browser and an editor open", async (t) => {
  const parent = await mkdtemp(path.join(tmpdir(), "perigee-render-"));
  t.after(() => rm(parent, { recursive: true, force: true }));
  const folder = path.join(parent, "made", "here");
  const html = '<p class="x">Hi & bye</p></iframe><script>alert(1)</script>';
  const rendered = {
    parts: { subject: "Hello <Dina>", html, text: "Hi & bye" },
    data: { promo_codes: [{ id: "2" }] },
    contact: { email: "kozak@example.com" },
  };
  const written = await renderToFolder(rendered, "../birth day/1", folder);
  assert.deepEqual((await readdir(folder)).sort(), [
    "_birth_day_1.data.json",
    "_birth_day_1.html",
    "_birth_day_1.preview.html",
    "_birth_day_1.subject.txt",
    "_birth_day_1.txt",
  ]);
  assert.equal(written[0], path.join(folder, "_birth_day_1.preview.html"));
  const read = (name: string) => readFile(path.join(folder, `_birth_day_1.${name}`), "utf8");
  assert.equal(await read("html"), html);
  assert.equal(await read("subject.txt"), "Hello <Dina>");
  assert.deepEqual(JSON.parse(await read("data.json")), rendered.data);
  const preview = await read("preview.html");
  assert.ok(!preview.includes("<script>") && preview.includes("Hello &lt;Dina&gt;"));
  assert.equal(preview.split("</iframe>").length, 2);
});
