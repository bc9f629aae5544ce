import { type Command, type CommandOption, globalOptions } from "./command.ts";

/** The overview of all commands. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length)) + 2;
  return [
    "perigee <command> [kind/name] [options]",
    "",
    ...commands.map((command) => `  ${command.name.padEnd(width)}${command.summary}`),
    "",
    "perigee <command> --help shows a command's options and examples.",
    "Exit codes: 0 done, 1 done but something failed, 2 wrong use or configuration.",
    "",
  ].join("\n");
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const options = [...command.options, ...globalOptions];
  const heads = options.map(optionHead);
  const width = Math.max(...heads.map((head) => head.length)) + 2;
  return [
    `perigee ${command.name} ${command.usage}`.trimEnd(),
    "",
    `  ${command.summary}`,
    "",
    "Options:",
    ...options.map((option, index) => `  ${heads[index]?.padEnd(width)}${option.help}`),
    "",
    "Examples:",
    ...command.examples.map((example) => `  ${example}`),
    "",
  ].join("\n");
}

function optionHead(option: CommandOption): string {
  if (option.type === "boolean") return `--${option.name}`;
  return `--${option.name} <${option.placeholder ?? "value"}>`;
}
