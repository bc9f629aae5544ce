import type { ContactValues } from "../hub/contacts.ts";
import type { CompiledMessage } from "./compile_messages.ts";
import type { Renderer } from "./renderer.ts";

/** `$data` of one render: a list of rows for each source, or what an event or a request brings. */
export type MessageData = Readonly<Record<string, unknown>>;

/** What a render has before anything is fetched. */
export interface GivenData {
  /** What the event carries: lists of rows by source id, or the event's parameters. */
  readonly carried?: MessageData | undefined;
  /** What the request puts in place of other data, by key. */
  readonly overrides?: MessageData | undefined;
}

/**
 * Gathers `$data` for one contact: what the event carries, then a list for each source that the
 * message needs and that is not given, then the overrides. Rows of an event stand under the
 * source's id, as documented, and under its name too where a template reads it by name. One query a
 * source, all at once. Throws what a failing connector means (PG2xx, PG79x).
 */
export async function fetchData(
  renderer: Renderer,
  message: CompiledMessage,
  contact: ContactValues,
  given: GivenData,
): Promise<MessageData> {
  const { carried = {}, overrides = {} } = given;
  const wanted: string[] = [];
  const aliases: [string, unknown][] = [];
  for (const name of message.sources) {
    const id = String(renderer.config.sources.get(name)?.id);
    if (isGiven(overrides, name, id) || Object.hasOwn(carried, name)) continue;
    if (!Object.hasOwn(carried, id)) wanted.push(name);
    else if (message.readByName.has(name)) aliases.push([name, carried[id]]);
  }
  const fetched = await Promise.all(wanted.map(async (source): Promise<[string, unknown]> => {
    const [rows = []] = await renderer.sources.read(source, [contact]);
    return [source, rows];
  }));
  // Object.fromEntries defines own properties, whatever their names: `__proto__` is a key like others.
  return Object.fromEntries([
    ...Object.entries(carried),
    ...aliases,
    ...fetched,
    ...Object.entries(overrides),
  ]);
}

/**
 * `$data` of each of `contacts`, in their order, by one query a source; made when it is asked for.
 * Throws as `fetchData`.
 */
export async function fetchBatch(
  renderer: Renderer,
  message: CompiledMessage,
  contacts: readonly ContactValues[],
): Promise<(() => MessageData)[]> {
  const { sources } = message;
  const bySource = await Promise.all(
    sources.map((source) => renderer.sources.readUnparsed(source, contacts)),
  );
  return contacts.map((_contact, place) => () =>
    Object.fromEntries(
      sources.map((source, index) => [source, bySource[index]?.[place]?.() ?? []]),
    )
  );
}

function isGiven(data: MessageData, name: string, id: string): boolean {
  return Object.hasOwn(data, name) || Object.hasOwn(data, id);
}
