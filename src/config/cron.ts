import { Cron } from "croner";

const nicknames = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/i;

/**
 * What is wrong with a cron expression, as a sentence; undefined when it can fire. Five fields, six
 * with seconds first, or a nickname such as `@daily`. A date, which the scheduler would take as a
 * single run, is refused: that is what `starts` and `ends` are for.
 */
export function findCronFault(expression: string): string | undefined {
  const text = expression.trim();
  const fields = text.split(/\s+/).length;
  if (text.length > 256) return "The expression is too long.";
  if (!nicknames.test(text) && fields !== 5 && fields !== 6) {
    return `It has ${fields} ${
      fields === 1 ? "field" : "fields"
    }, and five (with seconds six) are wanted.`;
  }
  try {
    return new Cron(text, { paused: true, timezone: "UTC" }).nextRun() === null
      ? "Its moment never comes."
      : undefined;
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) {
      return "A field has a value that it cannot have.";
    }
    throw error;
  }
}
