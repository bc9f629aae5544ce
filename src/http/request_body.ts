import { refusal } from "./refusal.ts";

/**
 * How deep a body may nest. Templates read two or three levels; a few thousand would let
 * JSON.stringify and schema checks run out of stack.
 */
const maxNesting = 64;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a request's body as JSON, taking at most `maxBytes` of it. Throws PG905 when it is declared
 * as something else, PG904 when it is too large, PG906 when it is not UTF-8 or not JSON or nests
 * deeper than 64 levels. Messages never repeat what the body holds.
 */
export async function readJsonBody(request: Request, maxBytes: number): Promise<unknown> {
  requireJsonType(request.headers);
  const text = decode(await readBytes(request, maxBytes));
  requireShallow(text);
  try {
    return JSON.parse(text);
  } catch {
    throw refusal("PG906", "the body is not JSON");
  }
}

function requireJsonType(headers: Headers): void {
  const type = (headers.get("content-type") ?? "").toLowerCase().split(";");
  const [media, ...parameters] = type.map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="))?.slice(8);
  const isUtf8 = charset === undefined || charset.replaceAll('"', "") === "utf-8";
  const isJson = media === "application/json" || /^application\/[\w.+-]+\+json$/.test(media ?? "");
  if (!isJson || !isUtf8) throw refusal("PG905", "the body is not declared as UTF-8 JSON");
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") throw refusal("PG905", "the body is compressed");
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    // The server hands over exactly as many bytes as were declared.
    if (!(Number(declared) <= maxBytes)) throw tooLarge(maxBytes);
    return new Uint8Array(await request.arrayBuffer());
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return concatenate(chunks, size);
}

function concatenate(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function tooLarge(maxBytes: number): Error {
  return refusal("PG904", `the body has more than ${maxBytes} bytes`);
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw refusal("PG906", "the body is not UTF-8");
  }
}

/** Counts brackets outside strings: linear, and before any parser builds a value. */
function requireShallow(text: string): void {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isInString) {
      if (code === 92) at++;
      else if (code === 34) isInString = false;
    } else if (code === 34) isInString = true;
    else if (code === 123 || code === 91) {
      if (++depth > maxNesting) {
        throw refusal("PG906", `the body nests more than ${maxNesting} levels deep`);
      }
    } else if (code === 125 || code === 93) depth--;
  }
}
