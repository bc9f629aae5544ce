import { type Markup, markup, type Part } from "./status_page_markup.ts";

/** One cell: on a phone its label stands above it, because there the table's head is not shown. */
export interface Cell {
  readonly content: Part;
  readonly label?: string;
  /** `name`, `number`, `end`, `wide` (a line of its own on a phone), in any number. */
  readonly kind?: string;
}

/** A column of the head. */
export interface Column {
  readonly title: string;
  readonly kind?: string;
}

/** A heading with what belongs to it. Pure. */
export function drawSection(title: string, content: Part): Markup {
  return markup`<section><h2>${title}</h2>${content}</section>\n`;
}

/** A table whose rows become cards on a phone. Pure. */
export function drawTable(
  kind: string,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): Markup {
  const head = columns.map((column) =>
    markup`<th class="${column.kind ?? ""}">${column.title}</th>`
  );
  const body = rows.map((cells) => markup`<tr>${cells.map(drawCell)}</tr>\n`);
  const shownHead = columns.length === 0 ? undefined : markup`<thead><tr>${head}</tr></thead>`;
  return markup`<table class="${kind}">${shownHead}<tbody>\n${body}</tbody></table>`;
}

function drawCell({ content, label, kind = "" }: Cell): Markup {
  if (label === undefined) return markup`<td class="${kind}">${content}</td>`;
  return markup`<td class="${kind}" data-label="${label}">${content}</td>`;
}

/** How a state looks; the word stays beside it, so that colour alone says nothing. */
const looks: Readonly<Record<string, string>> = {
  up: "good",
  healthy: "good",
  active: "good",
  running: "busy",
  waiting: "idle",
  untried: "idle",
  paused: "warn",
  stale: "warn",
  failing: "bad",
  broken: "bad",
  down: "bad",
  disabled: "bad",
};

/** A word with a dot in its state's colour. Pure. */
export function drawState(state: string, word = state): Markup {
  return markup`<span class="state ${looks[state] ?? "idle"}">${word}</span>`;
}
