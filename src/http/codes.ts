/** Error codes of the HTTP interface: what each means, why it happens and what to do. */
export const httpCodes = {
  PG901: {
    meaning: "The request carries no valid bearer token.",
    cause: "The Authorization header is missing, or its token is not among `server.tokens`.",
    advice: "Send `Authorization: Bearer <token>` with one of the configured tokens.",
  },
  PG902: {
    meaning: "There is nothing at this path.",
    cause: "The path is misspelt, or this server does not have that part.",
    advice: "See docs/http.md for the paths.",
  },
  PG903: {
    meaning: "The path does not take this method.",
    cause: "For example GET where POST is wanted.",
    advice: "Use a method that the Allow header names.",
  },
  PG904: {
    meaning: "The request's body is larger than this server takes.",
    cause: "It has more bytes than `server.max_body`.",
    advice: "Send less, or raise `server.max_body`.",
  },
  PG905: {
    meaning: "The request's body is not declared as JSON.",
    cause: "The Content-Type header is missing or names another type or character set.",
    advice: "Send UTF-8 JSON with `Content-Type: application/json`.",
  },
  PG906: {
    meaning: "The request's body is not JSON.",
    cause: "It is cut off, empty, not UTF-8, or nested too deeply.",
    advice: "Send one JSON object.",
  },
  PG907: {
    meaning: "The request's body is JSON, but not of the shape that is asked for.",
    cause: "A field is missing, misspelt or of another type; the error names it.",
    advice: "See docs/http.md for the fields.",
  },
  PG908: {
    meaning: "Too many requests.",
    cause: "The client sends more than `server.rate_limit` requests a second.",
    advice: "Wait as long as Retry-After says.",
  },
  PG909: {
    meaning: "The request took too long.",
    cause: "It was not answered within `server.request_timeout`: a database is slow.",
    advice: "Try again; look at the connectors' latency in /health.",
  },
  PG910: {
    meaning: "The server is stopping.",
    cause: "It got a signal to stop and takes no new requests.",
    advice: "Try again, or ask another replica.",
  },
  PG911: {
    meaning: "None of the media types that the client accepts can be made.",
    cause: "The Accept header names neither application/json nor text/html.",
    advice: "Accept application/json or text/html.",
  },
  PG912: {
    meaning: "The server cannot listen on its address.",
    cause:
      "Something else listens there, the address is not this machine's, or the port needs rights.",
    advice: "Stop what listens there, or set another `server.host` and `server.port`.",
  },
  PG913: {
    meaning: "The render-only server cannot start with its configuration.",
    cause: "The configuration has problems, which are listed, or names no hub.",
    advice:
      "Correct the problems; set `hub.url` and PERIGEE_CONFIG, the folder of the configuration.",
  },
  PG990: {
    meaning: "A fault of the program itself.",
    cause: "An error that no part of the program expected.",
    advice: "The log has the error and its stack; please report it.",
  },
} as const satisfies Record<string, { meaning: string; cause: string; advice: string }>;

/** A code of the table above. */
export type HttpCode = keyof typeof httpCodes;
