import { dayPeriodName, eraName, monthNamer, weekdayNamer } from "./locale_names.ts";
import type { NameForm, NameWidth } from "./locale_names.ts";

const widths: readonly NameWidth[] = ["short", "long"];
const forms: readonly NameForm[] = ["format", "alone"];

/** A name that text began with: its length, and the number of what it names. */
export interface NameMatch {
  readonly length: number;
  readonly value: number;
}

/**
 * The longest name of a field that stands at a place in a text, whatever its case: a month (0 is
 * January) for `M` and `L`, a weekday (0 is Sunday) for `E`, an era (1 is the present) for `G`, a
 * half of the day (1 is PM) for `a`. Undefined where none does.
 */
export function matchName(
  letter: string,
  text: string,
  at: number,
  locale: string,
): NameMatch | undefined {
  const rest = text.slice(at, at + maxNameChars).toLowerCase();
  let best: NameMatch | undefined;
  for (const [name, value] of namesOf(letter, locale)) {
    const lower = name.toLowerCase();
    if (lower.length > (best?.length ?? 0) && rest.startsWith(lower)) {
      best = { length: lower.length, value };
    }
  }
  return best;
}

/** Longer than the longest name of any language. */
const maxNameChars = 60;

function* namesOf(letter: string, locale: string): Generator<readonly [string, number]> {
  switch (letter) {
    case "E":
      for (const width of widths) {
        const nameOf = weekdayNamer(width, locale);
        for (let day = 0; day < 7; day++) yield [nameOf(day), day];
      }
      return;
    case "G":
      yield [eraName(false, locale), 0];
      yield [eraName(true, locale), 1];
      return;
    case "a":
      yield [dayPeriodName(false, locale), 0];
      yield [dayPeriodName(true, locale), 1];
      return;
    default:
      for (const form of forms) {
        for (const width of widths) {
          const nameOf = monthNamer(width, form, locale);
          for (let month = 0; month < 12; month++) yield [nameOf(month + 1), month];
        }
      }
  }
}
