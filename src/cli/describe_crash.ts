import { makeRedactor } from "../observe/redact.ts";

/**
 * What is printed about an error that nothing expected: where it arose and what lies beneath it, with
 * the secrets replaced. Never its properties: those of `new URL`, for one, hold the whole address. Pure.
 */
export function describeCrash(error: unknown, secrets: readonly string[]): string {
  const redact = makeRedactor(secrets);
  const lines = ["PG990 a fault of Perigee's own:"];
  const seen = new Set<unknown>();
  for (let each = error; each !== undefined && !seen.has(each); each = causeOf(each)) {
    seen.add(each);
    lines.push(redact(each instanceof Error ? each.stack ?? each.message : String(each)));
  }
  return `${lines.join("\n")}\n  Please report it with these lines; they hold no secrets.\n`;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
