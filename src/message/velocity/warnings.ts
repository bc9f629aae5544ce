import type { Parser } from "./parser.ts";
import { positionAt } from "./error.ts";

const spaced = /#[ \t]+(set|if|elseif|else|end|foreach|macro|define|evaluate)\b[ \t]{0,20}(\(?)/y;
const elseIf = /[ \t]+if[ \t]*\(/y;

/** Finding a line is linear in the template: a text full of lookalikes must not make it quadratic. */
const maxWarnings = 20;

/** Notes a `# foreach(…)`: Velocity takes it for text, so the loop that was meant never runs. */
export function warnOfLookalike(p: Parser, hash: number): void {
  spaced.lastIndex = hash;
  const match = spaced.exec(p.text);
  if (match === null) return;
  const needsParenthesis = match[1] !== "else" && match[1] !== "end";
  if (needsParenthesis && match[2] === "") return;
  warn(
    p,
    hash,
    (line) => `'${match[0]}' on line ${line} is text: write #${match[1]} without the space.`,
  );
}

/** Notes `#else if(…)`: Velocity prints ` if(…)` as text in the #else part. */
export function warnOfElseIf(p: Parser): void {
  elseIf.lastIndex = p.pos;
  if (!elseIf.test(p.text)) return;
  warn(p, p.pos, (line) => `'#else if' on line ${line} is #else and text: write #elseif(…).`);
}

function warn(p: Parser, pos: number, message: (line: number) => string): void {
  const { warnings, source } = p.session;
  if (warnings.length >= maxWarnings) return;
  warnings.push({ message: message(positionAt(source, p.at(pos)).line), at: p.at(pos) });
}
