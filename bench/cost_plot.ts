/** One way's median times by the number of rows. */
export interface Curve {
  readonly name: string;
  readonly points: { readonly rows: number; readonly ms: number }[];
}

const [width, height] = [760, 420];
const frame = { left: 70, right: 230, top: 50, bottom: 50 };
/** Colours that people who see no red or no green tell apart; ours is first. */
const colours = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#8a8a00", "#777777"];

/** Draws the curves on two logarithmic scales, as an SVG that stands on light and dark pages. */
export function drawCosts(title: string, curves: readonly Curve[]): string {
  const points = curves.flatMap((curve) => curve.points);
  const rows = decades(points.map((point) => point.rows));
  const times = decades(points.map((point) => point.ms));
  const x = scale(rows, frame.left, width - frame.right);
  const y = scale(times, height - frame.bottom, frame.top);
  const lines = curves.map((curve, index) => drawCurve(curve, colours[index] ?? "#000", x, y));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img"
  aria-label="${title}" font-family="system-ui, sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="${frame.left}" y="24" font-size="16" fill="#222222">${title}, median time</text>
${rows.map((value) => gridLine(x(value), frame.top, x(value), height - frame.bottom)).join("\n")}
${times.map((value) => gridLine(frame.left, y(value), width - frame.right, y(value))).join("\n")}
${
    rows.map((value) => label(x(value), height - frame.bottom + 20, "middle", rowText(value))).join(
      "\n",
    )
  }
${times.map((value) => label(frame.left - 8, y(value) + 4, "end", timeText(value))).join("\n")}
${label((frame.left + width - frame.right) / 2, height - 10, "middle", "rows")}
${lines.join("\n")}
${drawNames(curves, y)}
</svg>
`;
}

/** The powers of ten around the values. */
function decades(values: readonly number[]): number[] {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.ceil(Math.log10(Math.max(...values)));
  return Array.from({ length: Math.max(last, first + 1) - first + 1 }, (_, n) => 10 ** (first + n));
}

function scale(ticks: readonly number[], from: number, to: number): (value: number) => number {
  const [low, high] = [Math.log10(ticks[0]!), Math.log10(ticks.at(-1)!)];
  return (value) =>
    Math.round((from + (to - from) * (Math.log10(value) - low) / (high - low)) * 10) / 10;
}

function drawCurve(
  { points }: Curve,
  colour: string,
  x: (rows: number) => number,
  y: (ms: number) => number,
): string {
  const places = points.map(({ rows, ms }) => `${x(rows)},${y(ms)}`);
  const dots = points.map(({ rows, ms }) =>
    `<circle cx="${x(rows)}" cy="${y(ms)}" r="3" fill="${colour}"/>`
  );
  return `<polyline points="${places.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>
${dots.join("")}`;
}

/** Each name at the height of its last point, moved down where two would meet. */
function drawNames(curves: readonly Curve[], y: (ms: number) => number): string {
  const names = curves.map(({ name, points }, index) => ({
    name,
    colour: colours[index] ?? "#000",
    at: y(points.at(-1)?.ms ?? 1),
  })).sort((a, b) => a.at - b.at);
  let last = -Infinity;
  return names.map(({ name, colour, at }) => {
    last = Math.max(at + 4, last + 15);
    return `<text x="${width - frame.right + 8}" y="${last}" fill="${colour}">${name}</text>`;
  }).join("\n");
}

function gridLine(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#dddddd"/>`;
}

function label(x: number, y: number, anchor: string, text: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="#444444">${text}</text>`;
}

function rowText(rows: number): string {
  return rows.toLocaleString("en");
}

function timeText(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`;
}
