import { PerigeeError } from "../error.ts";
import { type MessageCode, messageCodes } from "./codes.ts";
import type { TemplateInput } from "./compile_messages.ts";
import { type MergedTemplate, mergeTagValues, translateMergeTags } from "./merge_tags.ts";
import type { CompiledTemplate, TemplateScope } from "./template_engine.ts";
import { compileTemplate } from "./velocity/compile.ts";
import { type Position, VelocityError } from "./velocity/error.ts";
import type { Limits } from "./velocity/limits.ts";
import type { TemplateReferences } from "./velocity/references.ts";

/** A template's text as it is compiled, and how its places lead back to what was written. */
type Written = MergedTemplate & { readonly path: string; readonly original: string };

/**
 * Compiles a template with Perigee's own engine, whose templates reach nothing but their data.
 * Throws PG801 with its place where it does not compile.
 */
export function compilePerigeeTemplate(input: TemplateInput): CompiledTemplate {
  const { config, message, path } = input;
  const main = write(input.template, path, message.mergeTags, []);
  const fragments = new Map<string, Written>();
  let { tags } = main;
  for (const { name, template, path } of config.templates.values()) {
    const fragment = write(template, path, message.mergeTags, tags);
    tags = fragment.tags;
    fragments.set(name, fragment);
  }
  // Errors name a fragment as #parse does, and the template itself by its path.
  const findWritten = (name: string) => name === path ? main : fragments.get(name) ?? main;
  try {
    const template = compileTemplate(main.template, {
      name: path,
      dialect: message.dialect,
      escape: message.escape,
      ...(message.whitespace === undefined ? {} : { whitespace: message.whitespace }),
      includes: (name) => fragments.get(name)?.template,
      limits: limitsOf(input),
    });
    return {
      references: placeReferences(template.references, main),
      warnings: template.warnings.map((warning) => placeIn(warning, main)),
      render(scope) {
        const { locale, timezone } = message;
        const { now, contactTimezone = timezone } = scope;
        try {
          const context = contextOf(
            scope,
            tags.length === 0 ? {} : mergeTagValues(tags, scope.contact),
          );
          return template.render(context, { now, timezone, contactTimezone, locale });
        } catch (error) {
          throw describeTemplateError(error, findWritten);
        }
      },
    };
  } catch (error) {
    throw describeTemplateError(error, findWritten);
  }
}

function write(
  template: string,
  path: string,
  hasTags: boolean,
  known: MergedTemplate["tags"],
): Written {
  const merged = hasTags
    ? translateMergeTags(template, known)
    : { template, tags: known, originalColumn: (_line: number, column: number) => column };
  return { ...merged, path, original: template };
}

/** Moves a place from the text that was compiled to the text that was written. */
function placeIn<T extends Position>(mention: T, { originalColumn }: Written): T {
  return { ...mention, column: originalColumn(mention.line, mention.column) };
}

function placeReferences(references: TemplateReferences, written: Written): TemplateReferences {
  return {
    roots: references.roots.map((one) => placeIn(one, written)),
    sources: references.sources.map((one) => placeIn(one, written)),
    columns: references.columns.map((one) => placeIn(one, written)),
    methods: references.methods.map((one) => placeIn(one, written)),
    required: references.required.map((one) => placeIn(one, written)),
  };
}

function contextOf(
  scope: TemplateScope,
  mergeTag: Record<string, unknown>,
): Record<string, unknown> {
  const { data, contact, event } = scope;
  return event === undefined ? { data, contact, mergeTag } : { data, contact, event, mergeTag };
}

function limitsOf({ message }: TemplateInput): Partial<Limits> {
  const { maxSteps, maxOutputBytes, timeoutMs } = message.limits;
  return {
    ...(maxSteps === undefined ? {} : { steps: maxSteps }),
    // A character of the output has at least one byte.
    ...(maxOutputBytes === undefined ? {} : { outputChars: maxOutputBytes }),
    ...(timeoutMs === undefined ? {} : { timeMs: timeoutMs }),
  };
}

/** Longest piece of a template's line that an error shows. */
const excerptLength = 80;

function describeTemplateError(error: unknown, findWritten: (name: string) => Written): unknown {
  if (!(error instanceof VelocityError)) return error;
  const { path, original, originalColumn } = findWritten(error.template);
  const { line } = error;
  const column = originalColumn(line, error.column);
  const written = original.split(/\r\n|\n|\r/)[line - 1] ?? "";
  const start = Math.max(0, column - 1 - excerptLength / 2);
  const prefix = `${error.template}:${line}:${error.column}: `;
  const what = error.message.startsWith(prefix)
    ? error.message.slice(prefix.length)
    : error.message;
  const code = codeOf(error);
  return new PerigeeError(`${path}:${line}:${column}: ${what}`, {
    kind: code === "PG807" ? "conflict" : "template",
    code,
    advice: messageCodes[code].advice,
    cause: error,
    place: {
      file: path,
      line,
      column,
      excerpt: written.slice(start, start + excerptLength).trim(),
    },
  });
}

function codeOf(error: VelocityError): MessageCode {
  if (error.code === "VTL401") return "PG807";
  if (error.code.startsWith("VTL1")) return "PG801";
  return error.code.startsWith("VTL2") ? "PG802" : "PG803";
}
