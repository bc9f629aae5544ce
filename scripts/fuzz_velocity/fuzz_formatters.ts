import { compileTemplate } from "../../src/message/velocity/compile.ts";
import { VelocityError } from "../../src/message/velocity/error.ts";
import { MethodFailure } from "../../src/message/velocity/method_table.ts";
import { parseDate } from "../../src/message/velocity/tool/date_parse.ts";
import { type Answer, askJava, hasJava, isSame, option } from "./ask_java.ts";
import { explanationOf } from "./formatter_explanations.ts";
import { type FormatterCase, FormatterCases } from "./formatter_cases.ts";
import { Tally } from "./tally.ts";

function render(
  template: string,
  data: Record<string, unknown>,
  zone = "UTC",
  locale = "en",
): string {
  const compiled = compileTemplate(template, { name: "fuzz", dialect: "1.7" });
  return compiled.render(data, { timezone: zone, locale });
}

/** Rows carry numbers as text; there is no text for what is no number. */
function numberOf(text: string): unknown {
  return Number.isFinite(Number(text)) ? text : Number(text);
}

function answerOf(asked: FormatterCase): string {
  switch (asked[0]) {
    case "number": {
      const [, pattern, value, locale] = asked;
      const data = { pattern, value: numberOf(value) };
      return render("$numberTool.format($pattern, $value)", data, "UTC", locale);
    }
    case "date": {
      const [, pattern, epochMs, zone, locale] = asked;
      const data = { pattern, value: new Date(Number(epochMs)) };
      return render("$dateTool.formatDate($pattern, $value)", data, zone, locale);
    }
    case "read": {
      const [, pattern, text, zone, locale] = asked;
      const epochMs = parseDate(text, pattern, zone, locale);
      if (epochMs === undefined) throw new MethodFailure("unparseable");
      return String(epochMs);
    }
    case "add": {
      const [, unit, count, epochMs, zone] = asked;
      const name = `add${unit[0]}${unit.slice(1).toLowerCase()}`;
      const exact = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX";
      const data = { count, value: new Date(Number(epochMs)), exact };
      const template = `$dateTool.${name}($value, $count, $exact, $exact)`;
      return String(Date.parse(render(template, data, zone)));
    }
    case "diff": {
      const [, unit, from, to, zone] = asked;
      const data = { unit, from: new Date(Number(from)), to: new Date(Number(to)) };
      return render("$dateTool.diff($from, $to, $unit)", data, zone);
    }
    case "math": {
      const [, name, left, right] = asked;
      const data = { left: numberOf(left), right: numberOf(right) };
      return render(`#set($x = $mathTool.${name}($left, $right))#if($x)$x#{else}null#end`, data);
    }
  }
}

function askOurs(asked: FormatterCase): Answer {
  try {
    return { out: answerOf(asked) };
  } catch (error) {
    if (error instanceof VelocityError || error instanceof MethodFailure) {
      return { error: error.message };
    }
    throw new Error(`neither answered nor refused ${JSON.stringify(asked)}`, { cause: error });
  }
}

/**
 * Compares the tools' formatters with java.text and java.time, and `$mathTool` with the MathTool of
 * velocity-tools where `--classpath` names its jar. Answers the exit code.
 */
export async function fuzzFormatters(): Promise<number> {
  const jars = option("classpath", "");
  const classpath = jars === "" ? [] : jars.split(":");
  if (!hasJava(classpath)) return 0;
  const seed = Number(option("seed", "1"));
  const count = Number(option("count", "20000"));
  const cases = Array.from(
    { length: count },
    (_, i) => new FormatterCases(seed + i).next(classpath.length > 0),
  );
  const answers = await askJava({ main: "FormatOracle", classpath }, cases);
  const tally = new Tally<object>();
  cases.forEach((asked, i) => {
    const ours = askOurs(asked);
    const theirs = answers[i]!;
    if (isSame(ours, theirs)) return;
    tally.note(explanationOf(asked, ours, theirs), { seed: seed + i, asked, theirs, ours });
  });
  return tally.finish(`${count} questions about formatters from seed ${seed}`);
}
