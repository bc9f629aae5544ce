import type { ConfigTestResult } from "../config/model_test_case.ts";
import { runMessageTests } from "../message/run_message_tests.ts";
import { runSegmentTests } from "../segment/run_segment_tests.ts";
import { type Command, configFolder } from "./command.ts";
import { openThrowaway } from "./open_throwaway.ts";
import { requireConfig } from "./require_config.ts";
import { isJson, textOption, usage } from "./workplace.ts";

/** `perigee test`: the cases that stand beside segments and messages. */
export const testCommand: Command = {
  name: "test",
  summary: "run the tests of the configuration on a throwaway Postgres",
  usage: "[--server <url>]",
  options: [{
    name: "server",
    type: "string",
    placeholder: "url",
    help: "make the databases on this server, not on an embedded one; they are dropped afterwards",
  }],
  examples: [
    "perigee test",
    "perigee test --config config --json",
    "perigee test --server postgres://postgres@127.0.0.1/postgres",
  ],
  async run(input, io) {
    if (input.positionals.length > 0) throw usage("test takes no words");
    const { config } = await requireConfig(configFolder(input, io), io);
    const all = [...config.segments.values(), ...config.messages.values()];
    const results: ConfigTestResult[] = [];
    if (all.some(({ tests }) => tests.length > 0)) {
      const databases = await openThrowaway(config, textOption(input, "server"));
      try {
        results.push(...await runSegmentTests(config, databases, io.signal));
        results.push(...await runMessageTests(config, databases, io.signal));
      } finally {
        await databases.close();
      }
    }
    const failed = results.filter(({ passed }) => !passed).length;
    if (isJson(input)) { for (const result of results) io.out(`${JSON.stringify(result)}\n`); }
    else {
      for (const result of results) io.out(describe(result));
      io.out(`${results.length} tests, ${failed} failed\n`);
    }
    return failed === 0 ? 0 : 1;
  },
};

function describe({ subject, test, place, passed, differences }: ConfigTestResult): string {
  const head = `${passed ? "ok  " : "FAIL"}  ${subject}: ${test}\n`;
  if (passed) return head;
  return `${head}        ${place}\n${differences.map((each) => `        ${each}\n`).join("")}`;
}
