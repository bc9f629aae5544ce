import { inspect } from "node:util";

/** Characters that are kept of what a file wrote to standard error: its end. */
const keptOutput = 4_000;

/**
 * Reporter for `node --test`: one JSON line a test (`ReportLine` of run_on_node.ts). A suite, and
 * a test that only failed because of the tests inside it, are not tests to be counted. A file that
 * failed outside its tests has as detail what it wrote to standard error: Node says no more of it.
 */
export default async function* report(events) {
  const written = new Map();
  for await (const { type, data } of events) {
    if (type === "test:stderr") {
      written.set(data.file, `${written.get(data.file) ?? ""}${data.message}`.slice(-keptOutput));
    }
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (type === "test:pass" && data.details?.type === "suite") continue;
    const error = data.details?.error;
    if (error?.failureType === "subtestsFailed") continue;
    const isSkipped = Boolean(data.skip) || Boolean(data.todo);
    const line = {
      outcome: isSkipped ? "skipped" : type === "test:pass" ? "passed" : "failed",
      file: data.file ?? "",
      name: data.name,
      detail: error === undefined ? "" : detailOf(error, written.get(data.name)),
    };
    yield `${JSON.stringify(line)}\n`;
  }
}

/** `output` is there where the failed test is a file that wrote something. */
function detailOf(error, output) {
  const cause = inspect(error.cause ?? error, { depth: 6 });
  return output === undefined ? cause : `${cause}\n${output}`;
}
