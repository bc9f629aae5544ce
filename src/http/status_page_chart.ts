import { type Markup, markup } from "./status_page_markup.ts";
import { formatShort } from "./status_page_words.ts";

/** Hours that a chart shows. */
export const chartHours = 24;

const barWidth = 4;
const step = 5;
const height = 24;

/**
 * Rows of the last 24 hours as bars, oldest first, each hour a bar; the highest fills the height.
 * `rows[0]` is the oldest hour. Needs no style attributes, which the page's policy forbids. Pure.
 */
export function drawChart(rows: readonly number[]): Markup {
  const highest = Math.max(...rows, 1);
  const sum = rows.reduce((total, count) => total + count, 0);
  const told = sum === 0
    ? "no rows in the last 24 hours"
    : `${formatShort(sum)} rows in the last 24 hours, at most ${formatShort(highest)} in one`;
  const bars = rows.map((count, index) => {
    const length = count === 0 ? 1 : Math.max(2, Math.round(count / highest * height));
    const place = markup`x="${index * step}" y="${height - length}" width="${barWidth}"`;
    return markup`<rect class="${count === 0 ? "none" : "some"}" ${place} height="${length}"/>`;
  });
  const width = chartHours * step - (step - barWidth);
  const size =
    markup`viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" preserveAspectRatio="none"`;
  const drawing = markup`<svg class="chart" ${size} role="img"><title>${told}</title>${bars}</svg>`;
  return markup`<div class="history">${drawing}<span class="faint">${
    formatShort(sum)
  }</span></div>`;
}

/** An age against its limit as a bar that is full at the limit. Pure. */
export function drawMeter(age: number, limit: number): Markup {
  const share = Math.min(1, age / limit);
  const kind = age > limit ? "over" : share > 0.75 ? "near" : "fine";
  const level = Math.max(2, Math.round(share * 100));
  return markup`<svg class="meter ${kind}" viewBox="0 0 100 4" aria-hidden="true"><rect
 class="ground" width="100" height="4" rx="2"/><rect class="level" width="${level}" height="4" rx="2"/></svg>`;
}
