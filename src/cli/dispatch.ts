import { parseArgs } from "node:util";
import { PerigeeError } from "../error.ts";
import { type Command, type CommandIo, parseArgsOptions } from "./command.ts";
import { commandHelp, overview } from "./help.ts";
import { nearest } from "../config/spelling.ts";

/** Exit code for wrong use and wrong configuration. */
const wrongUse = 2;

/**
 * Finds the command that the words name, runs it and answers its exit code. An error that escapes
 * the command is printed as one sentence and its advice, and answers 1, or 2 for wrong use.
 */
export async function dispatch(
  words: readonly string[],
  commands: readonly Command[],
  io: CommandIo,
): Promise<number> {
  const [verb, ...rest] = words;
  if (verb === undefined || verb === "help" || verb === "--help" || verb === "-h") {
    io.out(overview(commands));
    return verb === undefined ? wrongUse : 0;
  }
  const command = commands.find((candidate) => candidate.name === verb);
  if (command === undefined) {
    const meant = nearest(verb, commands.map((candidate) => candidate.name));
    io.err(`there is no command ${verb}${meant === undefined ? "" : `; did you mean ${meant}?`}\n`);
    io.err("perigee --help lists the commands\n");
    return wrongUse;
  }
  const input = parseInput(command, rest, io);
  if (input === undefined) return wrongUse;
  if (input.values["help"] === true) {
    io.out(commandHelp(command));
    return 0;
  }
  try {
    return await command.run(input, io);
  } catch (error) {
    if (!(error instanceof PerigeeError)) throw error;
    reportError(error, input.values["json"] === true, io);
    return error.kind === "usage" || error.kind === "config" ? wrongUse : 1;
  }
}

function reportError(error: PerigeeError, isJson: boolean, io: CommandIo): void {
  const { code, message, advice } = error;
  if (isJson) return io.err(`${JSON.stringify({ error: { code, message, advice } })}\n`);
  io.err(`${code} ${message}\n`);
  if (advice !== undefined) io.err(`  ${advice}\n`);
}

function parseInput(command: Command, words: readonly string[], io: CommandIo) {
  try {
    return parseArgs({
      args: [...words],
      options: parseArgsOptions(command),
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    // node:util words its complaints for users already.
    io.err(`${error instanceof Error ? error.message : String(error)}\n`);
    io.err(`perigee ${command.name} --help shows its options\n`);
    return undefined;
  }
}
