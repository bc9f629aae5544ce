import { type ErrorKind, PerigeeError } from "../error.ts";
import { type HttpCode, httpCodes } from "./codes.ts";

const kinds: Readonly<Record<HttpCode, ErrorKind>> = {
  PG901: "usage",
  PG902: "not_found",
  PG903: "usage",
  PG904: "usage",
  PG905: "usage",
  PG906: "usage",
  PG907: "usage",
  PG908: "usage",
  PG909: "resource",
  PG910: "shutdown",
  PG911: "usage",
  PG912: "resource",
  PG913: "config",
  PG990: "internal",
};

/** An error of the HTTP interface; `found` says what the request has, never its content. */
export function refusal(code: HttpCode, found: string): PerigeeError {
  return new PerigeeError(found, { kind: kinds[code], code, advice: httpCodes[code].advice });
}
