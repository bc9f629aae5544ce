import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { parse } from "yaml";
import { systemClock } from "../../src/clock.ts";
import { ScrapedMetrics } from "../../src/http/scraped_metrics.ts";
import { createEventLoopMeter } from "../../src/observe/event_loop.ts";
import { createMetrics } from "../../src/observe/metrics.ts";

const folder = new URL("../../docs/operations/", import.meta.url);

/** Names of all series that a daemon may have, with their labels. */
function knownSeries(): Map<string, readonly string[]> {
  const { registry } = createMetrics(systemClock);
  createEventLoopMeter(registry);
  new ScrapedMetrics(registry);
  const series = new Map<string, readonly string[]>();
  for (const metric of registry.getMetricsAsArray()) {
    const { name, labelNames } = metric as unknown as { name: string; labelNames: string[] };
    series.set(name, labelNames);
    if (metric.constructor.name !== "Histogram") continue;
    for (const suffix of ["_bucket", "_sum", "_count"]) {
      series.set(`${name}${suffix}`, [...labelNames, "le"]);
    }
    series.delete(name);
  }
  return series;
}

const series = knownSeries();

/** What an expression asks for that no daemon has: names, and labels of selectors. */
function findUnknown(expression: string): string[] {
  const unknown: string[] = [];
  for (
    const [, name = "", selector = ""] of expression.matchAll(
      /\b((?:perigee|process)_\w+)(\{[^}]*\})?/g,
    )
  ) {
    const labels = series.get(name);
    if (labels === undefined) {
      unknown.push(name);
      continue;
    }
    for (const [, label = ""] of selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) {
      if (label !== "instance" && !labels.includes(label)) unknown.push(`${name}{${label}}`);
    }
  }
  return unknown;
}

test("a misspelt metric or label is found", () => {
  assert.deepEqual(findUnknown('rate(perigee_runs{name="x"}[5m]) + perigee_health{nam="x"}'), [
    "perigee_runs",
    "perigee_health{nam}",
  ]);
  assert.deepEqual(findUnknown("perigee_run_duration_seconds"), ["perigee_run_duration_seconds"]);
});

test("every metric and label of the Grafana dashboard exists", async () => {
  const dashboard = JSON.parse(
    await readFile(new URL("grafana_dashboard.json", folder), "utf8"),
  ) as {
    panels: { title: string; targets: { expr: string }[] }[];
  };
  const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  assert.ok(expressions.length >= 15);
  for (const expression of expressions) assert.deepEqual(findUnknown(expression), [], expression);
});

test("every metric and label of the alert rules exists, and each says what to do", async () => {
  const file = parse(await readFile(new URL("prometheus_rules.yaml", folder), "utf8")) as {
    groups: {
      rules: {
        alert: string;
        expr: string;
        labels: { severity: string };
        annotations: { summary: string; description: string };
      }[];
    }[];
  };
  const rules = file.groups.flatMap(({ rules }) => rules);
  assert.ok(rules.length >= 10);
  for (const { alert, expr, labels, annotations } of rules) {
    assert.deepEqual(findUnknown(expr), [], alert);
    assert.match(labels.severity, /^(info|warning|critical)$/);
    assert.ok(annotations.summary.length > 10 && annotations.description.length > 10, alert);
  }
});
