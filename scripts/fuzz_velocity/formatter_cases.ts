import { seededRandom } from "../../test/message/velocity/template_generator.ts";
import {
  dateLetters,
  datePatterns,
  doubles,
  locales,
  namedLocales,
  numberPatterns,
  numberPieces,
  separators,
  wholes,
  zones,
} from "./formatter_words.ts";

/** A question to both sides: the kind, and its arguments as texts. */
export type FormatterCase =
  | readonly [kind: "number", pattern: string, value: string, locale: string]
  | readonly [kind: "date", pattern: string, epochMs: string, zone: string, locale: string]
  | readonly [kind: "read", pattern: string, text: string, zone: string, locale: string]
  | readonly [kind: "add", unit: string, count: string, epochMs: string, zone: string]
  | readonly [kind: "diff", unit: string, from: string, to: string, zone: string]
  | readonly [kind: "math", name: string, left: string, right: string];

/** Makes questions about the tools' formatters, those of each kind in turn. */
export class FormatterCases {
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** One question; `hasMathTool` says whether the other side can calculate. */
  next(hasMathTool: boolean): FormatterCase {
    const kind = this.below(hasMathTool ? 20 : 18);
    if (kind < 6) {
      return ["number", this.numberPattern(), this.number(), this.pick(locales)];
    }
    if (kind < 11) {
      const pattern = this.datePattern();
      return ["date", pattern, this.moment(), this.pick(zones), this.localeFor(pattern)];
    }
    if (kind < 16) {
      const pattern = this.datePattern();
      return ["read", pattern, this.dateText(pattern), this.pick(zones), this.localeFor(pattern)];
    }
    const unit = this.pick(["YEARS", "MONTHS", "DAYS", "HOURS", "MINUTES"]);
    if (kind === 16) {
      const count = String(this.below(80) - 40);
      return ["add", unit, count, this.moment(), this.pick(zones)];
    }
    if (kind === 17) return ["diff", unit, this.moment(), this.moment(), this.pick(zones)];
    return ["math", this.pick(["add", "sub", "mul", "div"]), this.number(), this.number()];
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  private numberPattern(): string {
    if (this.below(3) > 0) return this.pick(numberPatterns);
    return Array.from({ length: 1 + this.below(8) }, () => this.pick(numberPieces)).join("");
  }

  private number(): string {
    const kind = this.below(6);
    if (kind === 0) return this.pick(wholes);
    if (kind === 1) return this.pick(doubles);
    if (kind === 2) return String(this.below(20001) - 10000);
    // Halves of a last digit show how ties are rounded.
    if (kind === 3) return javaDouble((this.below(20001) - 10000) / 8);
    if (kind === 4) return javaDouble(Number(`${this.below(2000) - 1000}.${this.below(1000)}5`));
    return javaDouble((this.random() - 0.5) * 10 ** (this.below(40) - 15));
  }

  private datePattern(): string {
    if (this.below(3) > 0) return this.pick(datePatterns);
    let pattern = "";
    for (let i = 1 + this.below(5); i > 0; i--) {
      pattern += this.pick([...dateLetters]).repeat(1 + this.below(5)) + this.pick(separators);
    }
    return pattern;
  }

  /** A locale for a date pattern, one of the few where the pattern has names. */
  private localeFor(pattern: string): string {
    const letters = pattern.replace(/'[^']*'/g, " ");
    if (!/MMM|LLL|[EGa]/.test(letters)) return this.pick(locales);
    const isUkrainian = /d/.test(letters) && !/L/.test(letters) && this.below(4) === 0;
    return isUkrainian ? "uk-UA" : this.pick(namedLocales);
  }

  /** Mostly 1970–2040, and hours around the clock changes of a few zones. */
  private moment(): string {
    const kind = this.below(8);
    if (kind === 0) return String(Math.floor((this.random() - 0.1) * 8e12));
    if (kind === 1) {
      const change = this.pick([1774746000000, 1792890000000, 1772953200000, 1793512800000]);
      return String(change + (this.below(9) - 4) * 1_800_000);
    }
    if (kind === 2) {
      const day = Date.UTC(
        2015 + this.below(20),
        this.pick([0, 11]),
        this.pick([1, 2, 3, 29, 30, 31]),
      );
      return String(day + this.below(24) * 3_600_000);
    }
    return String(Math.floor(this.random() * 2.2e12));
  }

  /** Text for a pattern: mostly fitting, with some signs too many, too few or out of range. */
  private dateText(pattern: string): string {
    const text = pattern.replace(
      /'([^']*)'|([A-Za-z])\2*/g,
      (run, quoted: string, letter: string) => {
        if (letter === undefined) return quoted === "" ? "'" : quoted;
        return this.fieldText(letter, run.length);
      },
    );
    if (this.below(6) > 0) return text;
    const at = this.below(text.length + 1);
    const sign = this.pick(["", " ", "x", "-", "9", "  ", "+", ".", "\t", "00"]);
    return text.slice(0, at) + sign + text.slice(at + this.below(2));
  }

  private fieldText(letter: string, width: number): string {
    const pad = (value: number) => String(value).padStart(this.below(8) === 0 ? 1 : width, "0");
    if (letter === "y" || letter === "Y") {
      const year = this.pick([1970, 1999, 2000, 2024, 2026, 2031, 2045, 2046, 2047, 2099]);
      return width === 2 && this.below(5) > 0 ? pad(year % 100) : pad(year);
    }
    if (letter === "M" || letter === "L") {
      if (width < 3) return pad(this.below(14));
      return this.pick(["January", "Feb", "may", "SEPT", "December", "жовтня", "März", "12", "Ma"]);
    }
    if (letter === "E") return this.pick(["Mon", "Tuesday", "sun", "Sa", "понеділок", "Mo", "x"]);
    if (letter === "a") return this.pick(["AM", "pm", "a.m.", "дп", "PM"]);
    if (letter === "G") return this.pick(["AD", "BC", "ad"]);
    if (letter === "Z" || letter === "z") {
      return this.pick([
        "+0200",
        "-0330",
        "UTC",
        "GMT",
        "GMT+03:00",
        "GMT+3",
        "EST",
        "+02:00",
        "Z",
      ]);
    }
    if (letter === "X") return this.pick(["Z", "+02", "-0330", "+05:45", "z", "+2", "+24"]);
    if (letter === "S") return pad(this.below(1000));
    return pad(this.below(this.pick([13, 13, 25, 32, 61, 400])));
  }
}

/** A double as Java writes it. */
function javaDouble(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}.0` : String(value);
}
