import { connectorCodes } from "../connector/codes.ts";
import { type ErrorKind, PerigeeError } from "../error.ts";
import { messageCodes } from "../message/codes.ts";
import { httpCodes } from "./codes.ts";

/** What a kind of error means to a client. */
interface Answer {
  readonly status: number;
  /** Seconds for `Retry-After`; undefined where trying again is no use. */
  readonly retryAfter: number | undefined;
  readonly title: string;
}

/** A database that is away comes back in seconds; one that refuses us needs somebody to act. */
const soon = 5;
const later = 60;

const answerByKind: Readonly<Record<ErrorKind, Answer>> = {
  config: { status: 500, retryAfter: undefined, title: "The server's configuration is wrong." },
  usage: { status: 422, retryAfter: undefined, title: "The request is malformed." },
  connection: { status: 503, retryAfter: soon, title: "A database cannot be reached." },
  credentials: { status: 503, retryAfter: later, title: "A database refused the login." },
  permission: { status: 503, retryAfter: later, title: "A database refused the query." },
  schema: { status: 503, retryAfter: later, title: "A table or column does not exist." },
  data: { status: 422, retryAfter: undefined, title: "A value is refused." },
  conflict: { status: 409, retryAfter: undefined, title: "The request conflicts with the data." },
  resource: { status: 503, retryAfter: soon, title: "A database has no resources left." },
  template: { status: 422, retryAfter: undefined, title: "A template is wrong." },
  not_found: { status: 404, retryAfter: undefined, title: "What was asked for does not exist." },
  shutdown: { status: 503, retryAfter: soon, title: "The server is stopping." },
  internal: { status: 500, retryAfter: undefined, title: "A fault of the program itself." },
};

/** Codes whose status is not that of their kind. */
const statusByCode: ReadonlyMap<string, number> = new Map([
  ["PG809", 422],
  ["PG901", 401],
  ["PG903", 405],
  ["PG904", 413],
  ["PG905", 415],
  ["PG906", 400],
  ["PG908", 429],
  ["PG909", 503],
  ["PG911", 406],
]);

const titles: Readonly<Record<string, { readonly meaning: string }>> = {
  ...connectorCodes,
  ...messageCodes,
  ...httpCodes,
};

/** The HTTP status that an error means. Pure. */
export function statusOf(error: PerigeeError): number {
  return statusByCode.get(error.code) ?? answerByKind[error.kind].status;
}

/** The members of a problem (RFC 9457) for an error, without the status of a response. Pure. */
export function describeProblem(error: PerigeeError): Record<string, unknown> {
  const { place } = error;
  return {
    type: `urn:perigee:error:${error.code}`,
    title: titles[error.code]?.meaning ?? answerByKind[error.kind].title,
    status: statusOf(error),
    detail: error.message,
    code: error.code,
    ...(error.advice === undefined ? {} : { advice: error.advice }),
    ...(place === undefined ? {} : {
      template: place.file,
      line: place.line,
      column: place.column,
      excerpt: place.excerpt,
    }),
  };
}

/** An error as a response of `application/problem+json`, with `Retry-After` where it helps. */
export function respondWithProblem(
  error: PerigeeError,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { retryAfter } = answerByKind[error.kind];
  const status = statusOf(error);
  return new Response(JSON.stringify(describeProblem(error)), {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      // RFC 9110, 11.6.1: a 401 names the scheme that it wants.
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
      ...headers,
    },
  });
}

/**
 * Whatever was thrown, as an error that may be shown: what no part expected becomes PG990 without
 * its words, which may hold values.
 */
export function toPerigeeError(thrown: unknown): PerigeeError {
  if (thrown instanceof PerigeeError) return thrown;
  return new PerigeeError("the server could not answer because of a fault of its own", {
    kind: "internal",
    code: "PG990",
    advice: httpCodes.PG990.advice,
    cause: thrown,
  });
}
