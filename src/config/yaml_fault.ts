import type { ErrorCode } from "yaml";

/**
 * The parser's complaints in words of our own: its messages may quote the file, and with it a
 * password.
 */
const sentences: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: "An alias cannot have an anchor or a tag.",
  BAD_ALIAS:
    "The alias (`*name`) refers to no anchor before it. Quote a text that begins with `*`.",
  BAD_COLLECTION_TYPE: "The tag does not fit the collection that follows it.",
  BAD_DIRECTIVE: "A line that begins with `%` is no valid YAML directive.",
  BAD_DQ_ESCAPE: "The double-quoted text has an invalid `\\` escape. Use single quotes, or `\\\\`.",
  BAD_INDENT: "The indentation does not match the lines around it.",
  BAD_PROP_ORDER: "An anchor or tag stands at the wrong place.",
  BAD_SCALAR_START: "A plain text cannot begin with this character. Put the text in quotes.",
  BLOCK_AS_IMPLICIT_KEY:
    "A `key: value` cannot stand in the same line as another. Put the text in quotes.",
  BLOCK_IN_FLOW: "A block cannot stand inside `{ }` or `[ ]`.",
  DUPLICATE_KEY: "A key is written twice.",
  IMPOSSIBLE: "The YAML cannot be read here.",
  KEY_OVER_1024_CHARS: "The text before `:` is too long for a key.",
  MISSING_CHAR:
    "Something is missing here: a closing quote or bracket, a comma, a colon or a space.",
  MULTILINE_IMPLICIT_KEY:
    "A key is spread over several lines. Is a colon missing, or the indentation wrong?",
  MULTIPLE_ANCHORS: "A value can have one anchor only.",
  MULTIPLE_DOCS: "The file holds several documents (`---`). Write one document a file.",
  MULTIPLE_TAGS: "A value can have one tag only.",
  NON_STRING_KEY: "Keys must be texts.",
  RESOURCE_EXHAUSTION: "The file is nested too deeply.",
  TAB_AS_INDENT: "Tabs cannot indent YAML. Use spaces.",
  TAG_RESOLVE_FAILED: "The tag is unknown.",
  UNEXPECTED_TOKEN: "This is not expected here. Texts with special characters need quotes.",
};

/** One sentence for an error code of the YAML parser. */
export function describeYamlFault(code: ErrorCode): string {
  return sentences[code];
}
