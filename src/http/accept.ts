import { refusal } from "./refusal.ts";

/**
 * Whether an Accept header (RFC 9110, 12.5.1) ranks text/html before application/json. JSON wins a
 * tie. Throws PG911 when it takes neither. Pure.
 */
export function prefersHtml(header: string | null): boolean {
  if (header === null || header.trim() === "" || header === "*/*") return false;
  const ranges = header.toLowerCase().split(",").slice(0, 50).map(readRange);
  const html = qualityOf(ranges, "text/html");
  const json = qualityOf(ranges, "application/json");
  if (html === 0 && json === 0) {
    throw refusal("PG911", "the client accepts neither application/json nor text/html");
  }
  return html > json;
}

interface Range {
  readonly media: string;
  readonly quality: number;
}

function readRange(text: string): Range {
  const [media = "", ...parameters] = text.split(";").map((part) => part.trim());
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return { media, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

/** The most specific range that fits decides. */
function qualityOf(ranges: readonly Range[], media: string): number {
  const family = `${media.slice(0, media.indexOf("/"))}/*`;
  for (const wanted of [media, family, "*/*"]) {
    const range = ranges.find((candidate) => candidate.media === wanted);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
