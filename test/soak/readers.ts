import type { Seeded } from "../support/seeded.ts";
import type { Actor } from "./actor.ts";
import type { Versions } from "./customers.ts";
import { firstPeople } from "./soak_world.ts";
import type { SoakDaemon } from "./soak_daemon.ts";

/** How long a client waits for a message, ms: longer than a daemon takes to answer that it cannot. */
const patienceMs = 40_000;

/**
 * A client that asks a daemon for messages. A message must show a version of its row that was
 * committed when it was asked for or that a writer had tried by the time it came; `wrong` gets
 * those that do not. A daemon that is away or cut off may refuse, and nothing else.
 */
export function createReader(
  daemons: readonly SoakDaemon[],
  choices: Seeded,
  { versions, wrong }: { versions: Versions; wrong: string[] },
): Actor {
  return {
    name: "messages",
    longestPauseMs: 60,
    async act() {
      const person = 1 + choices.below(firstPeople);
      const email = `c${person}@example.com`;
      const oldest = versions.committed.get(person) ?? 0;
      const answer = await ask(choices.pick(daemons).url, email);
      if (answer === undefined) return "messages refused";
      const newest = versions.tried.get(person) ?? 0;
      const version = Number(/ (\d+)$/.exec(answer)?.[1]);
      const isRight = answer === `${email} ${version}` && version >= oldest && version <= newest;
      if (!isRight) wrong.push(`${email}: "${answer}", wanted ${oldest} to ${newest}`);
      return "messages";
    },
  };
}

/** The message's text; undefined where the daemon is away or says that a database is. */
async function ask(url: string, email: string): Promise<string | undefined> {
  let response: Response;
  try {
    response = await fetch(`${url}/render`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ message: "version", contact: { email } }),
      signal: AbortSignal.timeout(patienceMs),
    });
    if (response.ok) return ((await response.json()) as { text: string }).text;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
  const body = await response.text();
  if (response.status === 503) return undefined;
  return `${response.status} ${body}`;
}
