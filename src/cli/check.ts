import { checkConfig, hasFailed } from "../check/check.ts";
import { checkMessages } from "../check/check_messages.ts";
import type { CheckStep } from "../check/check_step.ts";
import { formatStep, summarise } from "../check/format_step.ts";
import type { Config } from "../config/model.ts";
import { PerigeeError } from "../error.ts";
import { openHub } from "../open_hub.ts";
import { type Command, type CommandInput, type CommandIo, configFolder } from "./command.ts";
import { requireConfig } from "./require_config.ts";

/** `perigee check`: everything that can be known before anything runs, and what to do about it. */
export const check: Command = {
  name: "check",
  summary: "look at the configuration and every database that it names",
  usage: "[connector/<name> …] [--offline]",
  options: [
    { name: "offline", type: "boolean", help: "look at the files only, at no database" },
  ],
  examples: ["perigee check", "perigee check connector/shop", "perigee check --offline --json"],
  async run(input, io) {
    const connectors = input.positionals.map((word) => word.replace(/^connector\//, ""));
    const { config } = await requireConfig(configFolder(input, io), io);
    requireConnectors(config, connectors);
    const steps = await runCheck(config, connectors, input, io);
    return hasFailed(steps) ? 1 : 0;
  },
};

function requireConnectors(config: Config, names: readonly string[]): void {
  const unknown = names.find((name) => !config.connectors.has(name));
  if (unknown === undefined) return;
  const known = [...config.connectors.keys()].map((name) => `connector/${name}`).join(", ");
  throw new PerigeeError(`there is no connector/${unknown}`, {
    kind: "usage",
    code: "PG922",
    advice: `The configuration has ${known || "none"}.`,
  });
}

async function runCheck(
  config: Config,
  connectors: readonly string[],
  input: CommandInput,
  io: CommandIo,
): Promise<CheckStep[]> {
  const print = makePrinter(input, io);
  if (input.values["offline"] === true) {
    return await printAll(await checkMessages(config, new Set()), print, io, input);
  }
  const hub = await openHub(config, {
    observe: (observation) => {
      if (observation.kind === "progress") io.err(`${observation.text}\n`);
    },
    usesRunningCluster: true,
  });
  try {
    const options = connectors.length === 0
      ? { hub: hub.target, signal: io.signal }
      : { connectors, signal: io.signal };
    return await printAll(checkConfig(hub.config, options), print, io, input);
  } finally {
    await hub.close(0);
  }
}

function makePrinter(input: CommandInput, io: CommandIo): (step: CheckStep) => void {
  let subject = "";
  return (step) => {
    if (input.values["json"] === true) return io.out(`${JSON.stringify(step)}\n`);
    if (step.subject !== subject) io.out(`${step.subject}\n`);
    subject = step.subject;
    io.out(formatStep(step, { colour: io.isTerminal }));
  };
}

async function printAll(
  found: AsyncIterable<CheckStep> | Iterable<CheckStep>,
  print: (step: CheckStep) => void,
  io: CommandIo,
  input: CommandInput,
): Promise<CheckStep[]> {
  const steps: CheckStep[] = [];
  for await (const step of found) {
    steps.push(step);
    print(step);
  }
  if (input.values["json"] !== true) io.out(`${summarise(steps)}\n`);
  return steps;
}
