import { inspect } from "node:util";

/**
 * Reporter for `node --test`: one JSON line a test (`ReportLine` of run_on_node.ts). A suite, and
 * a test that only failed because of the tests inside it, are not tests to be counted.
 */
export default async function* report(events) {
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (type === "test:pass" && data.details?.type === "suite") continue;
    const error = data.details?.error;
    if (error?.failureType === "subtestsFailed") continue;
    const isSkipped = Boolean(data.skip) || Boolean(data.todo);
    const line = {
      outcome: isSkipped ? "skipped" : type === "test:pass" ? "passed" : "failed",
      file: data.file ?? "",
      name: data.name,
      detail: error === undefined ? "" : inspect(error.cause ?? error, { depth: 6 }),
    };
    yield `${JSON.stringify(line)}\n`;
  }
}
