import type { CheckStep } from "./check_step.ts";

const marks: Readonly<Record<CheckStep["state"], { mark: string; colour: string }>> = {
  ok: { mark: "✓", colour: "32" },
  warning: { mark: "!", colour: "33" },
  failed: { mark: "✗", colour: "31" },
  skipped: { mark: "-", colour: "2" },
};

/** Width of the column of step names; longer ones push their text to the right. */
const stepWidth = 10;

/** One step as lines for a terminal, without the subject, which stands above its steps. */
export function formatStep(step: CheckStep, options: { colour: boolean }): string {
  const { mark, colour } = marks[step.state];
  const paint = (text: string) => options.colour ? `\u001b[${colour}m${text}\u001b[0m` : text;
  const code = step.code === undefined ? "" : ` [${step.code}]`;
  const line = `  ${paint(mark)} ${step.step.padEnd(stepWidth)} ${step.text}${code}\n`;
  if (step.advice === undefined || step.advice === "") return line;
  return `${line}    ${" ".repeat(stepWidth)} → ${step.advice}\n`;
}

/** How it went as a whole: `2 failures, 1 warning`. */
export function summarise(steps: readonly CheckStep[]): string {
  const count = (state: CheckStep["state"]) => steps.filter((step) => step.state === state).length;
  const told = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
  const [failed, warnings, skipped] = [count("failed"), count("warning"), count("skipped")];
  if (failed + warnings + skipped === 0) return "all is well";
  const parts = [told(failed, "failure"), told(warnings, "warning")];
  return [...parts, ...(skipped === 0 ? [] : [`${skipped} skipped`])].join(", ");
}
