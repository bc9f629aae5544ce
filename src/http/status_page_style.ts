/** The page's style sheet: light and dark by the system's choice, cards instead of rows on a phone. */
export const statusStyle = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #fff; --line: #e3e6eb; --text: #17202c; --faint: #566173;
  --good: #0f7352; --busy: #2563c9; --warn: #955400; --bad: #c22f2f; --idle: #667285;
  --bar: #5a8dee; --none: #dde1e7; --good-ground: #e5f5ee; --warn-ground: #fdf2de;
  --bad-ground: #fdeaea;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10151c; --card: #181f29; --line: #2a3441; --text: #e6ebf2; --faint: #93a0b2;
    --good: #4cc79a; --busy: #76a9ff; --warn: #f0b453; --bad: #ff8080; --idle: #93a0b2;
    --bar: #5a8dee; --none: #2d3744; --good-ground: #13302a; --warn-ground: #33290f;
    --bad-ground: #3a1d20;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
main { max-width: 1120px; margin: 0 auto; padding: 20px 20px 48px; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 14px; margin-bottom: 14px; }
h1 { font-size: 20px; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 13px; font-weight: 600; color: var(--faint); margin: 26px 0 8px; }
.faint, .facts { color: var(--faint); }
.facts { font-size: 13px; }
code { font: 12.5px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.verdict { border-radius: 12px; padding: 14px 18px; font-size: 17px; font-weight: 600; }
.verdict.ok { background: var(--good-ground); color: var(--good); }
.verdict.degraded { background: var(--warn-ground); color: var(--warn); }
.verdict.unready { background: var(--bad-ground); color: var(--bad); }
.verdict ul { margin: 6px 0 0; padding: 0; list-style: none; font-size: 14px; font-weight: 400;
  color: var(--text); }
.verdict li { padding: 5px 0 0; }
.verdict b { font-weight: 600; }
#lost { display: none; margin-bottom: 12px; border-radius: 10px; padding: 10px 16px;
  background: var(--bad-ground); color: var(--bad); font-weight: 600; }
#lost.shown { display: block; }
table { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--card);
  border: 1px solid var(--line); border-radius: 12px; }
th { text-align: left; font-size: 12px; font-weight: 500; color: var(--faint); }
th, td { padding: 9px 14px; border-bottom: 1px solid var(--line); vertical-align: middle; }
tbody tr:last-child td { border-bottom: 0; }
td.number, th.number { text-align: right; }
td.name { font-weight: 600; }
td .faint { font-size: 13px; }
.state { display: inline-flex; align-items: center; gap: 7px; white-space: nowrap; }
.state::before { content: ""; width: 9px; height: 9px; border-radius: 50%; background: currentColor;
  flex: none; }
.good { color: var(--good); } .busy { color: var(--busy); } .warn { color: var(--warn); }
.bad { color: var(--bad); } .idle { color: var(--idle); }
.history { display: flex; align-items: end; gap: 10px; } .history .faint { min-width: 3em; }
.chart { display: block; min-width: 0; } .chart .some { fill: var(--bar); } .chart .none { fill: var(--none); }
.meter { display: block; width: 92px; height: 4px; margin-top: 4px; }
.meter .ground { fill: var(--none); } .meter.fine .level { fill: var(--good); }
.meter.near .level { fill: var(--warn); } .meter.over .level { fill: var(--bad); }
.chips { display: flex; flex-wrap: wrap; gap: 8px; }
.chip { background: var(--card); border: 1px solid var(--line); border-radius: 999px;
  padding: 4px 13px; }
.errors td { vertical-align: top; }
.advice { color: var(--faint); margin-top: 1px; }
td.name .faint { font-weight: 400; }
@media (min-width: 761px) {
  .errors td.name { width: 26%; }
  table.runs, table.sinks, table.databases { table-layout: fixed; }
  th:nth-child(1) { width: 21%; } th:nth-child(2) { width: 12%; }
  .runs th:nth-child(3) { width: 24%; } .runs th:nth-child(4) { width: 11%; }
  .runs th:nth-child(5) { width: 13%; } .databases th:nth-child(3) { width: 38%; }
}
footer { margin-top: 26px; }
a { color: inherit; }
@media (max-width: 760px) {
  main { padding: 14px 12px 36px; }
  thead { display: none; }
  table, tbody { display: block; }
  tr { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 14px; padding: 12px 14px;
    border-bottom: 1px solid var(--line); }
  tbody tr:last-child { border-bottom: 0; }
  td, td.number { display: block; padding: 0; border: 0; text-align: left; }
  td[data-label]::before { content: attr(data-label); display: block; font-size: 12px;
    color: var(--faint); font-weight: 400; }
  td.wide { grid-column: 1 / -1; }
  td.end { justify-self: end; }
  .chart { flex: 1; height: 32px; }
}
`;

/**
 * Fetches the page again and puts the new content in place, without losing the place that is looked
 * at; says so when the daemon does not answer, and goes on by itself when it does again.
 */
export const statusScript = `
(() => {
  const everyMs = 10000;
  let seenAt = Date.now();
  async function refresh() {
    const lost = document.getElementById("lost");
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(everyMs) });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.getElementById("content").replaceWith(page.getElementById("content"));
      document.title = page.title;
      seenAt = Date.now();
      lost.classList.remove("shown");
    } catch {
      const seconds = Math.round((Date.now() - seenAt) / 1000);
      lost.textContent = "The daemon has not answered for " + seconds + " s. What is below is as old.";
      lost.classList.add("shown");
    }
    setTimeout(refresh, everyMs);
  }
  setTimeout(refresh, everyMs);
})();
`;
