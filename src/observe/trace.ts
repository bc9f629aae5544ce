import {
  type Attributes,
  context,
  isSpanContextValid,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { PerigeeError } from "../error.ts";

/** What a span is about. */
export interface SpanOptions {
  /** Few and fixed, such as `run export`; names of the configuration are attributes. */
  readonly name: string;
  /** Names and numbers, never values of rows. */
  readonly attributes: Attributes;
  /** `server` answers somebody, `client` asks somebody; absent: neither. */
  readonly kind?: "server" | "client";
  /** Headers of a request that may belong to a trace of its sender. */
  readonly headers?: Headers;
}

/** Looks for a registered SDK at each span, until there is one. */
const tracer = trace.getTracer("perigee");

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

const headerGetter = {
  get: (headers: Headers, key: string) => headers.get(key) ?? undefined,
  keys: (headers: Headers) => [...headers.keys()],
};

/**
 * Does `work` within a span of OpenTelemetry, which ends with it; what is done within becomes its
 * children. A failure is noted with its code and goes on to the caller. Where no SDK is registered
 * all of this is empty calls (see docs/traces.md).
 */
export function withSpan<T>(
  { name, attributes, kind = undefined, headers = undefined }: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const active = context.active();
  const parent = headers === undefined
    ? active
    : propagation.extract(active, headers, headerGetter);
  const span = tracer.startSpan(name, { attributes, kind: kinds[kind ?? "internal"] }, parent);
  // Nobody listens: there is nothing to end, and nothing that children could belong to.
  if (!isSpanContextValid(span.spanContext())) return work(span);
  return context.with(trace.setSpan(parent, span), async () => {
    try {
      return await work(span);
    } catch (error) {
      noteFailure(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Marks the span as failed. Messages of foreign errors may hold values and stay out. */
export function noteFailure(span: Span, error: unknown): void {
  if (error instanceof PerigeeError) {
    const { code, kind, message } = error;
    span.setAttributes({ "error.type": code, "perigee.error.kind": kind });
    span.setStatus({ code: SpanStatusCode.ERROR, message });
  } else {
    span.setAttribute("error.type", error instanceof Error ? error.name : "unknown");
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
}
