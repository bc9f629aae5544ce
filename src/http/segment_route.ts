import type { ServerConfig } from "../config/model.ts";
import { type MemberResult, outcomeOf, renderSegment } from "../message/render_segment.ts";
import type { Renderer } from "../message/renderer.ts";
import { withinDeadline } from "./deadline.ts";
import { JsonBytes } from "./json_bytes.ts";
import { describeProblem, toPerigeeError } from "./problem.ts";
import { parseSegmentBody } from "./render_body.ts";
import { readJsonBody } from "./request_body.ts";
import { writeParts } from "./write_parts.ts";

/**
 * `POST /render/segment`: newline-delimited JSON, one line per member, then one with the summary.
 * What is wrong with the request, the segment or the first page is a problem with its status; what
 * fails later ends the stream with a summary that holds the error. The stream is made as fast as it
 * is read; when the client goes, or reads nothing for as long as a request may take, work stops.
 */
export async function answerSegment(
  renderer: Renderer,
  request: Request,
  server: ServerConfig,
): Promise<Response> {
  const startedAt = performance.now();
  const batches = await withinDeadline(
    server.requestTimeoutMs,
    readJsonBody(request, server.maxBodyBytes).then(async (body) => {
      const { message, segment, at } = parseSegmentBody(renderer, body);
      return await begin(renderSegment(renderer, message, segment, at));
    }),
  );
  const lines = writeLines(batches, startedAt);
  return new Response(streamOf(lines, server.requestTimeoutMs), {
    headers: { "content-type": "application/x-ndjson", "cache-control": "no-store" },
  });
}

/** Asks for the first batch, so that what fails at once is thrown before the response begins. */
async function begin<T>(
  source: AsyncGenerator<T, void, void>,
): Promise<AsyncGenerator<T, void, void>> {
  const first = await source.next();
  return (async function* () {
    try {
      if (first.done === true) return;
      yield first.value;
      yield* source;
    } finally {
      await source.return();
    }
  })();
}

async function* writeLines(
  batches: AsyncGenerator<MemberResult[], void, void>,
  startedAt: number,
): AsyncGenerator<Uint8Array, void, void> {
  const bytes = new JsonBytes();
  const counts = { rendered: 0, skipped: 0, failed: 0 };
  let error: Record<string, unknown> | undefined;
  try {
    for await (const batch of batches) {
      for (const result of batch) {
        counts[outcomeOf(result)]++;
        writeLine(bytes, result);
      }
      yield bytes.take();
    }
  } catch (thrown) {
    bytes.clear();
    error = describeProblem(toPerigeeError(thrown));
  }
  const durationMs = Math.round(performance.now() - startedAt);
  const summary = { ...counts, durationMs, ...(error === undefined ? {} : { error }) };
  bytes.raw(`${JSON.stringify({ summary })}\n`);
  yield bytes.take();
}

function writeLine(bytes: JsonBytes, result: MemberResult): void {
  const { contactId, email } = result;
  bytes.raw(`{"contactId":"${contactId}","email":`);
  if (email === null) bytes.raw("null");
  else bytes.text(email);
  if ("error" in result) {
    bytes.raw(`,"error":${JSON.stringify(describeProblem(result.error))}}\n`);
    return;
  }
  writeParts(bytes, result.parts, ",");
  bytes.raw("}\n");
}

/** A byte stream that asks for a chunk only when the one before was taken. */
function streamOf(
  lines: AsyncGenerator<Uint8Array, void, void>,
  stallLimitMs: number,
): ReadableStream<Uint8Array> {
  let stall: ReturnType<typeof setTimeout> | undefined;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      clearTimeout(stall);
      const next = await lines.next();
      if (next.done === true) return controller.close();
      controller.enqueue(next.value);
      stall = setTimeout(() => {
        controller.error(new Error("the client stopped reading"));
        void lines.return();
      }, stallLimitMs);
    },
    async cancel() {
      clearTimeout(stall);
      await lines.return();
    },
  }, { highWaterMark: 1 });
}
