import type { DatabaseHealth, EntityHealth } from "./health.ts";
import { chartHours, drawChart, drawMeter } from "./status_page_chart.ts";
import { type Markup, markup } from "./status_page_markup.ts";
import type { StatusModel } from "./status_page_model.ts";
import { type Cell, drawSection, drawState, drawTable } from "./status_page_table.ts";
import { formatAge, formatCounts, formatMs, formatShort, showMoment } from "./status_page_words.ts";

const nothing = markup`<span class="faint">–</span>`;

/** The hub and the connectors: state, TLS and latency. Pure. */
export function showDatabases({ report, now }: StatusModel): Markup {
  const columns = [
    { title: "Database" },
    { title: "State" },
    { title: "Link" },
    { title: "Latency", kind: "number" },
    { title: "Asked", kind: "number" },
  ];
  const rows = [report.hub, ...report.connectors].map((each): Cell[] => [
    { content: each.name, kind: "name" },
    { content: drawState(each.state), kind: "end" },
    { content: showLink(each), label: "Link", kind: "wide" },
    {
      content: each.latencyMs === undefined ? nothing : formatMs(each.latencyMs),
      label: "Latency",
      kind: "number",
    },
    { content: showMoment(each.checkedAt, now), label: "Asked", kind: "number" },
  ]);
  return drawSection("Connectors", drawTable("databases", columns, rows));
}

function showLink({ tls }: DatabaseHealth): Markup {
  if (tls === undefined) return nothing;
  const kind = tls.startsWith("SSL-secured") ? "good" : "warn";
  return markup`<span class="${kind}">${tls}</span>`;
}

/** Imports come first, because what they bring flows on to the others. */
const kinds = ["import", "segment", "trigger", "export"];

const runColumns = [
  { title: "Name" },
  { title: "State" },
  { title: "Last run" },
  { title: "Next" },
  { title: "Age of data" },
  { title: "Rows, 24 h" },
];

/** Everything that runs. Pure. */
export function showRuns(model: StatusModel): Markup {
  const rows = kinds.flatMap((kind) =>
    model.report.entities.filter(({ name }) => name.startsWith(`${kind}/`))
      .map((each) => describeRow(each, kind, model))
  );
  return drawSection(
    "Imports, segments, triggers, exports",
    drawTable("runs", runColumns, rows),
  );
}

const noRows: readonly number[] = Array.from({ length: chartHours }, () => 0);

function describeRow(entity: EntityHealth, kind: string, { now, charts }: StatusModel): Cell[] {
  const name = entity.name.slice(kind.length + 1);
  return [
    { content: markup`${name}<div class="faint">${kind}</div>`, kind: "name" },
    { content: drawState(entity.state), kind: "end" },
    { content: showLastRun(entity, now), label: "Last run", kind: "wide" },
    { content: showMoment(entity.nextRunAt, now), label: "Next" },
    { content: showFreshness(entity), label: "Age of data" },
    { content: drawChart(charts[entity.name] ?? noRows), label: "Rows, 24 h", kind: "wide" },
  ];
}

function showLastRun({ lastRun }: EntityHealth, now: string): Markup {
  if (lastRun === undefined) return markup`<span class="faint">never</span>`;
  const { startedAt, finishedAt, counts, error } = lastRun;
  const moment = showMoment(finishedAt ?? startedAt, now);
  const tookMs = finishedAt === undefined ? undefined : Date.parse(finishedAt) -
    Date.parse(startedAt);
  const took = tookMs === undefined
    ? markup` <span class="faint">at work</span>`
    : markup` <span class="faint">took ${formatMs(Math.max(0, tookMs))}</span>`;
  const told = error === undefined ? formatCounts(counts) : error.code;
  return markup`${moment}${took}<div class="faint">${told}</div>`;
}

function showFreshness({ freshness }: EntityHealth): Markup {
  const { ageSeconds: age, maxStalenessSeconds: limit } = freshness ?? {};
  if (age === undefined) {
    return limit === undefined
      ? nothing
      : markup`never <span class="faint">of ${formatAge(limit)}</span>`;
  }
  if (limit === undefined) return markup`${formatAge(age)}`;
  return markup`${formatAge(age)} <span class="faint">of ${formatAge(limit)}</span>${
    drawMeter(age, limit)
  }`;
}

const sinkColumns = [
  { title: "Name" },
  { title: "State" },
  { title: "Pending", kind: "number" },
  { title: "Failing", kind: "number" },
  { title: "Dead letters", kind: "number" },
  { title: "Oldest", kind: "number" },
];

/** Sinks with what waits for them. Pure. */
export function showSinks({ report, sinks }: StatusModel): Markup | undefined {
  const entities = report.entities.filter(({ name }) => name.startsWith("sink/"));
  if (entities.length === 0) return undefined;
  const rows = entities.map((each): Cell[] => {
    const name = each.name.slice("sink/".length);
    const queue = sinks.find((other) => other.name === name);
    const state = queue === undefined || queue.state === "active" ? each.state : queue.state;
    const why = each.error?.message ?? queue?.reason ?? undefined;
    const oldest = queue?.oldestMs ?? undefined;
    return [
      { content: markup`${name}<div class="faint">${why}</div>`, kind: "name" },
      { content: drawState(state), kind: "end" },
      countCell("Pending", queue?.pending, "busy"),
      countCell("Failing", queue?.failing, "warn"),
      countCell("Dead letters", queue?.dead, "bad"),
      {
        content: oldest === undefined ? nothing : formatAge(oldest / 1_000),
        label: "Oldest",
        kind: "number",
      },
    ];
  });
  return drawSection("Sinks", drawTable("sinks", sinkColumns, rows));
}

function countCell(label: string, count: number | undefined, look: string): Cell {
  if (count === undefined) return { content: nothing, label, kind: "number" };
  const kind = count === 0 ? "faint" : look;
  return {
    content: markup`<span class="${kind}">${formatShort(count)}</span>`,
    label,
    kind: "number",
  };
}

/** Messages, each with whether its templates compile. Pure. */
export function showMessages({ report }: StatusModel): Markup | undefined {
  const entities = report.entities.filter(({ name }) => name.startsWith("message/"));
  if (entities.length === 0) return undefined;
  const chips = entities.map(({ name, state }) =>
    markup`<span class="chip">${drawState(state, name.slice("message/".length))}</span>`
  );
  return drawSection("Messages", markup`<div class="chips">${chips}</div>`);
}

/** The last errors with what to do about them. Pure. */
export function showErrors({ errors, now }: StatusModel): Markup | undefined {
  if (errors.length === 0) return undefined;
  const rows = errors.map(({ where, code, message, advice, at, times }): Cell[] => {
    const often = times === 1 ? undefined : `, ${formatShort(times)} times`;
    return [
      {
        content: markup`${where}<div class="faint">${showMoment(at, now)}${often}</div>`,
        kind: "name wide",
      },
      {
        content: markup`<code>${code}</code> ${message}<div class="advice">${advice}</div>`,
        kind: "wide",
      },
    ];
  });
  return drawSection("Recent errors", drawTable("errors", [], rows));
}
