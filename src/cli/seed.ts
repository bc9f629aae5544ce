import { systemClock } from "../clock.ts";
import { PerigeeError } from "../error.ts";
import { seedDatasets } from "../sample/seed_datasets.ts";
import { type Command, configFolder } from "./command.ts";
import { openCommandHub } from "./open_command_hub.ts";

/** `perigee seed`: invented contacts with rows in all nine datasets, for trials and measurements. */
export const seed: Command = {
  name: "seed",
  summary: "add invented contacts to the hub, with rows in all nine datasets",
  usage: "--contacts <number> [--seed <number>]",
  options: [
    { name: "contacts", type: "string", placeholder: "number", help: "how many to add" },
    {
      name: "seed",
      type: "string",
      placeholder: "number",
      help: "the same number gives an empty hub the same rows (default: 1)",
    },
  ],
  examples: ["perigee seed --contacts 100000"],
  async run(input, io) {
    const contacts = requireNumber("contacts", input.values["contacts"], 1);
    const seedNumber = requireNumber("seed", input.values["seed"] ?? "1", 0);
    const hub = await openCommandHub(configFolder(input, io), io, () => undefined);
    try {
      const counts = await seedDatasets(hub.pool.sql, {
        contacts,
        seed: seedNumber,
        now: systemClock.now(),
        signal: io.signal,
        onProgress: (progress) => {
          if (io.isTerminal) io.err(`${progress.contacts} of ${progress.ofContacts} contacts\n`);
        },
      });
      if (input.values["json"] === true) io.out(`${JSON.stringify(counts)}\n`);
      else for (const [dataset, rows] of Object.entries(counts)) io.out(`${dataset} ${rows}\n`);
      return 0;
    } finally {
      await hub.close(1_000);
    }
  },
};

/** More would overflow the numbers that rows are drawn from. */
const most = 100_000_000;

function requireNumber(name: string, value: unknown, least: number): number {
  const number = typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new PerigeeError(`--${name} takes a whole number from ${least} to ${most}`, {
    kind: "usage",
    code: "PG921",
    advice: "perigee seed --help shows an example.",
  });
}
