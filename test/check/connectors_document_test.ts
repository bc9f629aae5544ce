import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { loadConfig } from "../../src/config/load.ts";

const document = await readFile(new URL("../../docs/connectors.md", import.meta.url), "utf8");
const examples = [...document.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml = ""]) => yaml);

test("the examples of docs/connectors.md are configurations without a problem", async (t) => {
  assert.ok(examples.length >= 4);
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-config-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const yaml of examples) {
    await writeFile(path.join(folder, "perigee.yaml"), yaml);
    const loaded = await loadConfig(folder, { env: { SHOP_PASSWORD: "open sesame" } });
    const problems = loaded.ok ? loaded.warnings : loaded.problems;
    assert.deepEqual(problems.map(({ message }) => message), [], yaml);
  }
});

test("without an ssl mode a link is encrypted if the server offers it", async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-config-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const yaml = "connectors:\n  shop:\n    url: postgres://a:b@db.example.com/shop\n" +
    "    key: { column: email, field: email }\n";
  await writeFile(path.join(folder, "perigee.yaml"), yaml);
  const loaded = await loadConfig(folder, { env: {} });
  assert.equal(loaded.ok && loaded.config.connectors.get("shop")?.address.ssl.mode, "prefer");
});
