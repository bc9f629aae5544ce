import type { Config } from "../config/model.ts";
import { compileMessages } from "../message/compile_messages.ts";
import { type CheckStep, StepList } from "./check_step.ts";

/** Compiles every template; each fault has its file, line and column. Throws nothing. */
export function checkMessages(config: Config): CheckStep[] {
  return compileMessages(config).all.flatMap(({ config: message, parts, faults }) => {
    const list = new StepList(`message/${message.name}`);
    for (const fault of faults) list.failBy("templates", fault);
    if (faults.length === 0) list.ok("templates", `${[...parts.keys()].join(", ")} compile`);
    return list.steps;
  });
}
