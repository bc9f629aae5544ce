/** Writes docs/metrics.md from the registry of a daemon's metrics. */
import type { Metric } from "prom-client";
import { systemClock } from "../src/clock.ts";
import { ScrapedMetrics } from "../src/http/scraped_metrics.ts";
import { createEventLoopMeter } from "../src/observe/event_loop.ts";
import { createMetrics } from "../src/observe/metrics.ts";
import { settleGenerated } from "./generated_files.ts";

const { registry } = createMetrics(systemClock);
createEventLoopMeter(registry);
new ScrapedMetrics(registry);

const sections: readonly (readonly [title: string, prefixes: readonly string[]])[] = [
  ["Health and freshness", ["perigee_status", "perigee_health", "perigee_data_", "perigee_hub_"]],
  ["Runs", ["perigee_run", "perigee_rows", "perigee_bytes", "perigee_dataset"]],
  ["Sinks", ["perigee_sink", "perigee_deliver"]],
  ["Connectors and notifications", [
    "perigee_connector",
    "perigee_pool",
    "perigee_listen",
    "perigee_notified",
  ]],
  ["Rendering and HTTP", ["perigee_render", "perigee_http"]],
  ["Configuration and process", ["perigee_", "process_"]],
];

/** What prom-client keeps of a metric besides its type, which the class tells. */
interface Described {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

const left = new Map(
  registry.getMetricsAsArray().map((metric) => {
    const { name, help, labelNames } = metric as unknown as Described;
    const type = (metric as unknown as Metric).constructor.name.toLowerCase();
    const labels = labelNames.map((label) => `\`${label}\``).join(", ") || "–";
    return [name, `| \`${name}\` | ${type} | ${labels} | ${help} |\n`] as const;
  }),
);

const parts = sections.map(([title, prefixes]) => {
  const names = [...left.keys()].filter((name) =>
    prefixes.some((prefix) => name.startsWith(prefix))
  );
  const rows = names.map((name) => left.get(name) ?? "");
  for (const name of names) left.delete(name);
  return `## ${title}\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n${rows.join("")}`;
});
if (left.size > 0) throw new Error(`no section has ${[...left.keys()].join(", ")}`);

const text = `# Metrics

\`GET /metrics\` answers in the text format of Prometheus; it needs a token (\`Authorization: Bearer\`),
as renders do. Histograms have \`_bucket\`, \`_sum\` and \`_count\`. Labels are names of the configuration,
states and error codes, never values of rows, so their number is bounded by the configuration.

Counters and histograms are of this daemon, and begin at 0 when it starts: sum them over daemons.
Health of what runs, the age of data and the queues of sinks come from the hub at each scrape, and are
the same on all daemons: take the maximum of them. Connectors, and whether a sink takes events, are
what this daemon sees.

A dashboard for Grafana is in [operations/grafana_dashboard.json](operations/grafana_dashboard.json),
alert rules for Prometheus are in
[operations/prometheus_rules.yaml](operations/prometheus_rules.yaml).

${parts.join("\n")}`;

settleGenerated([["docs/metrics.md", text]]);
