import { requireDataset } from "../dataset/datasets.ts";
import type { ContactValues } from "../hub/contacts.ts";

/** One merge tag of a template. */
export interface MergeTag {
  /** In capitals, as the platform writes it. */
  readonly name: string;
  readonly fallback: string;
}

/** A template whose merge tags became references to `$mergeTag`. */
export interface MergedTemplate {
  readonly template: string;
  /** Those that were known before, then the template's own; `$mergeTag.tN` is the Nth. */
  readonly tags: readonly MergeTag[];
  /** The column of the original that a column of `template` stands for, on the same line. */
  originalColumn(line: number, column: number): number;
}

/** Where a tag was and its reference is, as columns on `line`; the first column is 1. */
interface Replacement {
  readonly line: number;
  readonly before: { readonly start: number; readonly end: number };
  readonly after: { readonly start: number; readonly end: number };
}

/** `%FIRSTNAME%` or `%FIRSTNAME|dear customer%`, on one line. */
const mergeTag = /%([A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)*)(?:\|([^%|\r\n]{0,200}))?%/gi;

const documentedNames: ReadonlyMap<string, string> = new Map([
  ...requireDataset("contacts").columns.map(({ parameter }) =>
    [parameter.toUpperCase(), parameter] as const
  ),
  ["PHONE", "sms"],
  ["CONTACT_ID", "contactId"],
]);

/**
 * Turns the platform's merge tags into references to `$mergeTag.tN`, which `mergeTagValues` fills.
 * So tags are read once, when the template is compiled: a value that looks like a tag or like
 * Velocity stays a value. A tag is the capital name of a documented contact parameter, or a name
 * with a dot for an additional field (`%PERSONAL.GENDER%`); other text between percent signs, as
 * in addresses and style sheets, is left alone. Pure.
 */
export function translateMergeTags(
  template: string,
  known: readonly MergeTag[] = [],
): MergedTemplate {
  const replacements: Replacement[] = [];
  const tags: MergeTag[] = [...known];
  const lines = template.split("\n").map((line, index) => {
    let grown = 0;
    return line.replace(mergeTag, (tag, name: string, fallback: string | undefined, at: number) => {
      if (!name.includes(".") && !documentedNames.has(name)) return tag;
      const reference = `$!{mergeTag.t${tags.length}}`;
      tags.push({ name: name.toUpperCase(), fallback: fallback ?? "" });
      const start = at + grown + 1;
      replacements.push({
        line: index + 1,
        before: { start: at + 1, end: at + 1 + tag.length },
        after: { start, end: start + reference.length },
      });
      grown += reference.length - tag.length;
      return reference;
    });
  });
  return {
    template: lines.join("\n"),
    tags,
    originalColumn: (line, column) => findOriginalColumn(replacements, line, column),
  };
}

/** The map that the references of `translateMergeTags` read: values of the contact or fallbacks. */
export function mergeTagValues(
  tags: readonly MergeTag[],
  contact: ContactValues,
): Record<string, unknown> {
  const byName = new Map(
    Object.entries(contact).map(([name, value]) => [name.toUpperCase(), value]),
  );
  return Object.fromEntries(tags.map(({ name, fallback }, index) => {
    const value = byName.get(documentedNames.get(name)?.toUpperCase() ?? name) ??
      byName.get(name.slice(name.lastIndexOf(".") + 1));
    return [`t${index}`, value === undefined || value === null || value === "" ? fallback : value];
  }));
}

function findOriginalColumn(all: readonly Replacement[], line: number, column: number): number {
  const last = all.findLast((one) => one.line === line && one.after.start <= column);
  if (last === undefined) return column;
  if (column < last.after.end) return last.before.start;
  return last.before.end + (column - last.after.end);
}
