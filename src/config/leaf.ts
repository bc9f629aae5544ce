import { isIPv6 } from "node:net";
import * as v from "valibot";
import type { ProblemCode } from "./problem_code.ts";
import { formatSize, parseSize } from "./size.ts";
import { isCountry, isLocale } from "./zone.ts";

/** Sections whose entries have names that other parts refer to. */
export type Section = "connectors" | "sources" | "segments" | "sinks" | "messages" | "templates";

/** What is known of a value besides its check: for error messages, documents and the reader. */
export interface LeafAbout {
  /** The type's name in the documents. */
  readonly kind: string;
  /** Ends the sentence "wanted …". */
  readonly wanted: string;
  /** Code of a value that is of the right type and fails its check. */
  readonly code: ProblemCode;
  readonly example?: string | undefined;
  readonly isSecret?: true | undefined;
  /** What editors can check of a text that the loader checks in full. */
  readonly pattern?: string | undefined;
  readonly refersTo?: Section | undefined;
  /** What to write instead of a wrong value; gets literal values only. */
  readonly suggest?: ((text: string) => string | undefined) | undefined;
}

/** Attaches what is known of a value to its schema. */
export function about<T>(leaf: LeafAbout): v.MetadataAction<T, { leaf: LeafAbout }> {
  return v.metadata<T, { leaf: LeafAbout }>({ leaf });
}

/** Postgres cuts names after 63 bytes, so a longer one would silently mean another table. */
export function isIdentifier(text: string): boolean {
  return text !== "" && !text.includes("\0") && new TextEncoder().encode(text).length <= 63;
}

/** A text of at least one character. */
export function text(means: string, options: { example?: string; maxLength?: number } = {}) {
  const maxLength = options.maxLength ?? 100_000;
  const wanted = `a text of 1 to ${maxLength} characters`;
  return v.pipe(
    v.string(),
    v.minLength(1),
    v.maxLength(maxLength),
    v.description(means),
    about({ kind: "text", wanted, code: "PG124", example: options.example }),
  );
}

/** A text that never shows up in messages. May be empty only where `mayBeEmpty`. */
export function secret(means: string, options: { example?: string; mayBeEmpty?: boolean } = {}) {
  return v.pipe(
    v.string(),
    v.minLength(options.mayBeEmpty ? 0 : 1),
    v.maxLength(100_000),
    v.description(means),
    about({
      kind: "secret text",
      wanted: "a text",
      code: "PG124",
      example: options.example,
      isSecret: true,
    }),
  );
}

/** A host's name or address; never shown, because people paste whole URLs there. */
export function host(means: string, example: string) {
  const isHost = (text: string) =>
    /^[^\s/@:[\]]{1,253}$/.test(text) || isIPv6(text.replace(/^\[(.*)\]$/, "$1"));
  return v.pipe(
    v.string(),
    v.check(isHost),
    v.description(means),
    about({
      kind: "host",
      wanted: "a host name or IP address alone; a whole URL goes under `url`",
      code: "PG131",
      example,
      isSecret: true,
    }),
  );
}

/** The name of a table, column, schema or channel. */
export function identifier(means: string, example?: string) {
  return v.pipe(
    v.string(),
    v.check(isIdentifier),
    v.description(means),
    about({ kind: "Postgres name", wanted: "a name of 1 to 63 bytes", code: "PG130", example }),
  );
}

const entityName = /^[\p{L}_][\p{L}\p{N}_.-]{0,62}$/u;

/** Key of a named thing: usable in `kind/name`, in metrics and in templates. */
export function name() {
  return v.pipe(
    v.string(),
    v.check((text) => entityName.test(text)),
    about({
      kind: "name",
      wanted:
        "names of letters, digits, `_`, `-` and `.`, beginning with a letter or `_`, 63 at most",
      code: "PG130",
    }),
  );
}

/** The name of a thing in another section. */
export function reference(section: Section, means: string, example?: string) {
  return v.pipe(
    v.string(),
    v.minLength(1),
    v.description(means),
    about({
      kind: `name of one of \`${section}\``,
      wanted: `a name from \`${section}\``,
      code: "PG140",
      refersTo: section,
      example,
    }),
  );
}

/** A whole number. */
export function integer(means: string, min: number, max: number, example?: string) {
  const wanted = `a whole number from ${min} to ${max}`;
  return v.pipe(
    v.number(),
    v.integer(),
    v.minValue(min),
    v.maxValue(max),
    v.description(means),
    about({ kind: "number", wanted, code: "PG124", example }),
  );
}

/** The numeric identity of a source, segment or message: int4, so that it fits the datasets. */
export function id(means: string, example: string) {
  return integer(means, 1, 2_147_483_647, example);
}

/** true or false. */
export function flag(means: string) {
  return v.pipe(
    v.boolean(),
    v.description(means),
    about({
      kind: "true or false",
      wanted: "true or false",
      code: "PG122",
      suggest: (text) => {
        if (/^(yes|y|on|1)$/i.test(text)) return "Write `true`.";
        return /^(no|n|off|0)$/i.test(text) ? "Write `false`." : undefined;
      },
    }),
  );
}

function oneOf(values: readonly string[]): string {
  const words = values.map((each) => `\`${each}\``);
  return words.length === 1 ? `${words[0]}` : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** One of a few words. */
export function choice<const T extends readonly [string, ...string[]]>(values: T, means: string) {
  return v.pipe(
    v.picklist(values),
    v.description(means),
    about({
      kind: "choice",
      wanted: oneOf(values),
      code: "PG123",
    }),
  );
}

/** An amount of bytes. */
export function size(means: string, minBytes: number, maxBytes: number) {
  return v.pipe(
    v.string(),
    v.description(means),
    about({
      kind: "size",
      wanted: `a size such as 512KB or 64MB, from ${formatSize(minBytes)} to ${
        formatSize(maxBytes)
      }`,
      code: "PG126",
      pattern: "^\\d+(\\.\\d+)? ?([KkMmGg]i?)?[Bb]$",
      suggest: (text) => /^\d+$/.test(text) ? `The unit is missing: \`${text}B\`?` : undefined,
    }),
    v.check((text) => {
      const bytes = parseSize(text);
      return bytes !== undefined && bytes >= minBytes && bytes <= maxBytes;
    }),
    v.transform((text) => parseSize(text) ?? 0),
  );
}

/** An ISO 3166 country. */
export function country(means: string) {
  return v.pipe(
    v.string(),
    v.check(isCountry),
    v.description(means),
    about({
      kind: "country",
      wanted: "an ISO 3166 code of two capital letters such as UA",
      code: "PG132",
      example: "UA",
    }),
  );
}

/** A BCP 47 language tag. */
export function locale(means: string) {
  return v.pipe(
    v.string(),
    v.check(isLocale),
    v.description(means),
    about({
      kind: "locale",
      wanted: "a BCP 47 tag such as en or uk-UA",
      code: "PG132",
      example: "uk-UA",
    }),
  );
}
