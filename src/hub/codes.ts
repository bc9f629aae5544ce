/** Error codes of the hub, its migrations and its runs: meaning, cause and what to do. */
export const hubCodes = {
  PG301: {
    meaning: "A migration was applied to the hub with another content.",
    cause: "A file of `migrations/` was edited, or another build made this hub.",
    advice: "Use an unchanged release; applied migrations are never edited.",
  },
  PG302: {
    meaning: "The hub is newer than this version of Perigee.",
    cause: "A newer version migrated it.",
    advice: "Run that version or a newer one; a hub is never downgraded.",
  },
  PG303: {
    meaning: "The hub has outgrown this daemon, which drains.",
    cause: "A newer version of Perigee has migrated the hub while this one was running.",
    advice:
      "Replace this daemon by the newer version. Until then it finishes its runs, begins no others, delivers nothing, and goes on rendering.",
  },
  PG410: {
    meaning: "A run was taken over by another daemon.",
    cause: "This daemon was paused or cut off from the hub for longer than its lease.",
    advice:
      "Nothing to do: the other daemon finishes the work. Look for pauses of the machine if it repeats.",
  },
  PG412: {
    meaning: "A run was interrupted because the daemon stopped.",
    cause: "SIGTERM or SIGINT.",
    advice: "Nothing to do: the next daemon takes the run up at once.",
  },
} as const;
