/** Error codes of the command line: what each means, why it happens and what to do. */
export const cliCodes = {
  PG920: {
    meaning: "The configuration has problems.",
    cause: "Each is printed above, with its file, line and column and a code of its own.",
    advice: "Correct what is listed.",
  },
  PG921: {
    meaning: "The command was used in a way that it does not know.",
    cause: "A word is missing, misspelt or one too many.",
    advice: "`perigee <command> --help` shows the options and examples.",
  },
  PG922: {
    meaning: "The configuration has nothing of that name.",
    cause: "The name is misspelt, or another configuration folder was meant.",
    advice: "Use one of the names that the message lists, or give --config.",
  },
} as const;
