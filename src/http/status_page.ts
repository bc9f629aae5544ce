import { Markup, markup } from "./status_page_markup.ts";
import type { StatusModel } from "./status_page_model.ts";
import { findProblems, type Problem } from "./status_page_problems.ts";
import {
  showDatabases,
  showErrors,
  showMessages,
  showRuns,
  showSinks,
} from "./status_page_sections.ts";
import { statusScript, statusStyle } from "./status_page_style.ts";
import { formatAge, showMoment } from "./status_page_words.ts";

/** Without scripts the browser loads the page again after so many seconds. */
const reloadSeconds = 10;

/** The whole status page. Everything from databases and the configuration is escaped. Pure. */
export function writeStatusPage(model: StatusModel): string {
  const problems = findProblems(model);
  const title = {
    ok: "Perigee works",
    degraded: "Perigee: look here",
    unready: "Perigee: not ready",
  };
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title[verdictOf(model, problems)]}</title>
<link rel="icon" href="data:,">
<noscript><meta http-equiv="refresh" content="${reloadSeconds}"></noscript>
<style>${new Markup(statusStyle)}</style>
</head>
<body>
<main>
<div id="lost" role="alert"></div>
<div id="content">
${showHeader(model)}
${showVerdict(model, problems)}
${showRuns(model)}${showSinks(model)}${showDatabases(model)}${showMessages(model)}${
    showErrors(model)
  }${showFooter(model)}
</div>
</main>
<script>${new Markup(statusScript)}</script>
</body>
</html>
`;
  return page.text;
}

function showHeader({ report, now }: StatusModel): Markup {
  const { version, runtime, startedAt, config } = report;
  const up = formatAge((Date.parse(now) - Date.parse(startedAt)) / 1_000);
  const hash = markup`<code title="${config.hash}">${config.hash.slice(0, 12)}</code>`;
  const loaded = showMoment(config.loadedAt, now);
  return markup`<header><h1>Perigee</h1> <span class="facts">${version} on ${runtime}, up ${up}</span>
<span class="facts">configuration ${hash}, loaded ${loaded}</span></header>`;
}

/** One sentence that can be read from afar, and below it everything that keeps it from being good. */
function showVerdict(model: StatusModel, problems: readonly Problem[]): Markup {
  const state = verdictOf(model, problems);
  const count = problems.length;
  const sentence = {
    ok: "Everything works",
    degraded: `${count} ${count === 1 ? "thing needs" : "things need"} attention`,
    unready: "Not ready yet",
  }[state];
  const list = count === 0 ? undefined : markup`<ul>${problems.map(showProblem)}</ul>`;
  return markup`<div class="verdict ${state}" role="status">${sentence}${list}</div>`;
}

function verdictOf({ state }: StatusModel, problems: readonly Problem[]): StatusModel["state"] {
  return state === "ok" && problems.length > 0 ? "degraded" : state;
}

function showProblem({ subject, told, code, advice }: Problem): Markup {
  const shownCode = code === undefined ? undefined : markup` <code>${code}</code>`;
  const shownAdvice = advice === undefined
    ? undefined
    : markup`<div class="advice">${advice}</div>`;
  return markup`<li><b>${subject}</b> ${told}${shownCode}${shownAdvice}</li>`;
}

function showFooter({ now, report }: StatusModel): Markup {
  const moment = `${now.slice(0, 19).replace("T", " ")} UTC`;
  const schema = report.hub.migration ?? "not there yet";
  return markup`<footer class="facts">As of <time datetime="${now}">${moment}</time>; refreshes itself.
Hub schema: ${schema}.</footer>`;
}
