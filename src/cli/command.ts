import type { ParseArgsConfig } from "node:util";

/** What a command may touch of the world. */
export interface CommandIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** `out` goes to a terminal: colour is for terminals only. */
  readonly isTerminal: boolean;
  /** `err` goes to a terminal: a line that is written over is for terminals only. */
  readonly isErrTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Hears the configuration's secrets, which a crash must not show. */
  readonly learnSecrets?: (secrets: readonly string[]) => void;
  /** Aborts at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

/** The words after the verb, parsed by the command's options. */
export interface CommandInput {
  readonly positionals: readonly string[];
  readonly values: Readonly<
    Record<string, string | boolean | readonly (string | boolean)[] | undefined>
  >;
}

/** One option of a command, for the parser and the help. */
export interface CommandOption {
  readonly name: string;
  readonly type: "string" | "boolean";
  /** One line of help; the placeholder of a string option stands in angle brackets. */
  readonly help: string;
  readonly placeholder?: string;
  readonly multiple?: boolean;
}

/** One verb of the command line. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** What follows the verb: `export/<name> [--full]`. */
  readonly usage: string;
  readonly options: readonly CommandOption[];
  readonly examples: readonly string[];
  /** Answers the exit code: 0 done, 1 done with failures, 2 wrong use. */
  run(input: CommandInput, io: CommandIo): Promise<number>;
}

/** Options that every command has. */
export const globalOptions: readonly CommandOption[] = [
  {
    name: "config",
    type: "string",
    placeholder: "folder",
    help: "folder with the YAML files (default: $PERIGEE_CONFIG or ./config)",
  },
  { name: "json", type: "boolean", help: "machine-readable output, one JSON value a line" },
  { name: "help", type: "boolean", help: "this help" },
];

/** The options of a command in the form that `node:util` parses. */
export function parseArgsOptions(command: Command): NonNullable<ParseArgsConfig["options"]> {
  return Object.fromEntries(
    [...command.options, ...globalOptions].map(({ name, type, multiple }) => [
      name,
      { type, multiple: multiple ?? false },
    ]),
  );
}

/** The folder that holds the configuration, as the user named it. */
export function configFolder(input: CommandInput, io: CommandIo): string {
  const named = input.values["config"];
  return typeof named === "string" ? named : io.env["PERIGEE_CONFIG"] ?? "config";
}
