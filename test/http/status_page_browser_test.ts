import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { findChromium, openBrowser, type View } from "../support/browser.ts";
import { openTestDatabase, openTestHub } from "../support/database.ts";
import { spawnDaemon, writeConfig } from "../support/daemon_process.ts";
import { openReceiver } from "../support/receiver.ts";
import { waitFor } from "../support/wait.ts";

const chromium = await findChromium();
const skip = chromium === undefined ? "this machine has no Chromium" : false;

const views: Readonly<Record<string, View>> = {
  light: { width: 1_280, height: 1_000, scheme: "light", isPhone: false },
  dark: { width: 1_280, height: 1_000, scheme: "dark", isPhone: false },
  phone: { width: 390, height: 844, scheme: "light", isPhone: true },
  "phone in the dark": { width: 390, height: 844, scheme: "dark", isPhone: true },
};

/** Texts that stand out too little from what is behind them, by the rule of WCAG's level AA. */
const findFaintTexts = `(() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((each) => {
    const share = each / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }).reduce((sum, each, at) => sum + each * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(each).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return getComputedStyle(document.documentElement).colorScheme.includes("dark") &&
      matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.textContent.trim();
    if (text === "" || element.closest("script, style") || !element.checkVisibility()) continue;
    const [one, other] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) faint.push(text.slice(0, 40) + " " + contrast.toFixed(2));
  }
  return faint;
})()`;

test(
  "the status page can be read light and dark, on a screen and on a phone",
  { skip },
  async (t) => {
    const hub = await openTestHub({ after });
    const shop = await openTestDatabase(
      { after },
      `create schema copy; create table customers (email text primary key);
     insert into customers values ('a@example.com'), ('b@example.com');`,
    );
    const receiver = await openReceiver(t);
    const config = await writeConfig(
      { after },
      `
hub: { url: "${hub.url}" }
server: { port: 0 }
connectors:
  shop: { url: "${shop.url}", key: { column: email, field: email } }
  gone:
    url: "postgres://nobody@127.0.0.1:1/gone"
    connect_timeout: 1s
    key: { column: email, field: email }
imports:
  customers: { connector: shop, table: customers, every: 1h, max_staleness: 2h, mapping: { email: email } }
  broken: { connector: gone, table: customers, every: 1h, mapping: { email: email } }
exports:
  copy: { connector: shop, schema: copy, every: 1h }
sinks:
  hook: { webhook: "${receiver.url}", secrets: [abc], allow_private: true }
messages:
  hello: { id: 1, subject: "Hello", text: "Hello, $!email" }
`,
    );
    const daemon = spawnDaemon({ after }, { config });
    const url = String((await daemon.waitForLine("daemon_ready"))["url"]);
    await daemon.waitForLine("run_finished", ({ name }) => name === "export/copy");
    await daemon.waitForLine("run_failed", ({ name }) => name === "import/broken");
    const browser = await openBrowser(t, chromium ?? "");
    for (const [name, view] of Object.entries(views)) {
      const page = await browser.open(url, view);
      const folder = process.env["PERIGEE_SCREENSHOTS"];
      if (folder !== undefined) {
        const file = path.join(folder, `${name.replaceAll(" ", "_")}.png`);
        await writeFile(file, await page.screenshot());
      }
      assert.match(await page.evaluate<string>("document.body.innerText"), /need attention/i, name);
      assert.deepEqual(
        await page.evaluate(findFaintTexts),
        [],
        `${name}: texts that are too faint`,
      );
      const tooWide = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
      assert.equal(await page.evaluate(tooWide), 0, `${name} scrolls sideways`);
      assert.deepEqual(page.complaints, [], name);
    }
    const page = await browser.open(url, { ...views["light"] ?? assert.fail(), height: 800 });
    await page.evaluate("window.isThisPage = true");
    await hub
      .sql`insert into perigee.sinks (name, state, reason)
    values ('hook', 'disabled', 'of-the-test')
    on conflict (name) do update set state = excluded.state, reason = excluded.reason`;
    await waitFor(
      "the page to show by itself what has changed",
      async () =>
        (await page.evaluate<string>("document.body.innerText")).includes("of-the-test") ||
        undefined,
      30_000,
    );
    assert.equal(await page.evaluate("window.isThisPage"), true, "it was not loaded again");
  },
);
