import { PerigeeError } from "../error.ts";
import type { ContactValues } from "../hub/contacts.ts";
import { findMembers, isSegmentEvaluated } from "../hub/segment_members.ts";
import { describeFailure } from "../postgres/failure.ts";
import { messageCodes } from "./codes.ts";
import type { CompiledMessage, PartName } from "./compile_messages.ts";
import { fetchBatch, type MessageData } from "./fetch_data.ts";
import { contactTimezone, renderParts, requireCompiled } from "./render_message.ts";
import type { Renderer } from "./renderer.ts";

/** What became of one member. */
export type MemberResult =
  & { readonly contactId: string; readonly email: string | null }
  & (
    | { readonly parts: Readonly<Partial<Record<PartName, string>>> }
    | { readonly error: PerigeeError }
  );

/**
 * Members whose contacts and rows are fetched at once. Four times as many are no faster and hold four
 * times the rows in memory; a fifth of it spends more on statements than on rows.
 */
const pageSize = 250;

/**
 * Pages that are read at once, on as many connections. One leaves Postgres idle while a page is
 * rendered; more than three take memory and connections and are not faster on two cores.
 */
const pagesAhead = 3;

/** Messages that are rendered before others get a turn: some ms of work, and 300 kB of newsletters. */
const batchSize = 25;

interface Page {
  readonly members: readonly ContactValues[];
  readonly data: readonly (() => MessageData)[];
}

/**
 * Renders a message for every member of a segment, as of its last evaluation, in the order of their
 * contact ids, a batch at a time: the next page is fetched while one is rendered, and nothing goes
 * on while the caller does not ask for more. A member that cannot be rendered is a result with its
 * error. Throws PG811 and PG812 for the segment and PG801 for the message before the first batch,
 * and what a failing database means at any time; stops where the caller stops asking.
 */
export async function* renderSegment(
  renderer: Renderer,
  message: CompiledMessage,
  segment: string,
  at: Date | undefined,
): AsyncGenerator<MemberResult[], void, void> {
  requireCompiled(message);
  const segmentId = await requireSegment(renderer, segment);
  const startedAt = performance.now();
  const counts = { rendered: 0, skipped: 0, failed: 0 };
  let isComplete = false;
  // A stream outlives a reload: it ends on the pools that it began with.
  const release = renderer.sources.hold(message.sources);
  try {
    for await (const batch of renderPages(renderer, message, segmentId, at)) {
      for (const result of batch) counts[outcomeOf(result)]++;
      yield batch;
    }
    isComplete = true;
  } finally {
    release();
    const durationMs = performance.now() - startedAt;
    const { name } = message.config;
    renderer.observe({
      kind: "segment_rendered",
      message: name,
      segmentId,
      counts,
      durationMs,
      isComplete,
    });
  }
}

/** `skipped` is a member who lacks rows of a required source, and so must not get the message. */
export function outcomeOf(result: MemberResult): "rendered" | "skipped" | "failed" {
  if (!("error" in result)) return "rendered";
  return result.error.code === "PG807" ? "skipped" : "failed";
}

async function* renderPages(
  renderer: Renderer,
  message: CompiledMessage,
  segmentId: number,
  at: Date | undefined,
): AsyncGenerator<MemberResult[], void, void> {
  const now = at ?? renderer.clock.now();
  for await (const { members, data } of readPages(renderer, message, segmentId)) {
    for (let from = 0; from < members.length; from += batchSize) {
      yield members.slice(from, from + batchSize).map((contact, index) =>
        renderMember(renderer, message, contact, data[from + index]?.() ?? {}, now)
      );
    }
  }
}

/** Pages in order. The ones that follow are read while one is rendered. */
async function* readPages(
  renderer: Renderer,
  message: CompiledMessage,
  segmentId: number,
): AsyncGenerator<Page, void, void> {
  const ahead: Promise<Page>[] = [];
  let next: Promise<ContactValues[]> | undefined = readMembers(renderer, segmentId, "0");
  for (;;) {
    while (next !== undefined && ahead.length < pagesAhead) {
      const members: ContactValues[] = await next;
      next = members.length < pageSize
        ? undefined
        : quietly(readMembers(renderer, segmentId, contactIdOf(members.at(-1))));
      ahead.push(quietly(fillPage(renderer, message, members)));
    }
    const page = ahead.shift();
    if (page === undefined) return;
    yield await page;
  }
}

/** A failure is met where the promise is awaited, and nowhere when the caller stops before. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

async function fillPage(
  renderer: Renderer,
  message: CompiledMessage,
  members: readonly ContactValues[],
): Promise<Page> {
  return { members, data: await fetchBatch(renderer, message, members) };
}

async function readMembers(
  renderer: Renderer,
  segmentId: number,
  afterContactId: string,
): Promise<ContactValues[]> {
  const { hub } = renderer;
  try {
    return await findMembers(hub.sql, segmentId, afterContactId, pageSize);
  } catch (error) {
    throw describeFailure(error, { doing: "read the segment's members", target: hub.target });
  }
}

function renderMember(
  renderer: Renderer,
  message: CompiledMessage,
  contact: ContactValues,
  data: MessageData,
  now: Date,
): MemberResult {
  const email = contact["email"];
  const member = {
    contactId: contactIdOf(contact),
    email: typeof email === "string" ? email : null,
  };
  const scope = { data, contact, event: undefined, now, contactTimezone: contactTimezone(contact) };
  try {
    return { ...member, parts: renderParts(renderer, message, scope) };
  } catch (error) {
    if (!(error instanceof PerigeeError)) throw error;
    return { ...member, error };
  }
}

function contactIdOf(contact: ContactValues | undefined): string {
  return String(contact?.["contactId"]);
}

/** The id of a segment by its name or id. Throws PG811 and PG812 (see `renderSegment`). */
export async function requireSegment(renderer: Renderer, nameOrId: string): Promise<number> {
  const { segments } = renderer.config;
  const segment = segments.get(nameOrId) ??
    [...segments.values()].find(({ id }) => String(id) === nameOrId);
  if (segment === undefined) {
    throw new PerigeeError("there is no segment of that name or id", {
      kind: "not_found",
      code: "PG811",
      advice: messageCodes.PG811.advice,
    });
  }
  const { hub } = renderer;
  const isEvaluated = await isSegmentEvaluated(hub.sql, segment.id).catch((error) => {
    throw describeFailure(error, { doing: "look up the segment", target: hub.target });
  });
  if (isEvaluated) return segment.id;
  throw new PerigeeError(`segment ${segment.name} was never evaluated`, {
    kind: "conflict",
    code: "PG812",
    advice: messageCodes.PG812.advice,
  });
}
