import { suggestName } from "../config/spelling.ts";
import type { Config, SourceConfig } from "../config/model.ts";
import type { PerigeeError } from "../error.ts";
import { type MessageCode, messageCodes } from "./codes.ts";
import type { CompiledMessage, PartName } from "./compile_messages.ts";
import type { CompiledTemplate } from "./template_engine.ts";

/** One thing that `perigee check` says about a message. */
export interface LintFinding {
  readonly code: MessageCode;
  /** Errors stop the message from being rendered; warnings are most likely mistakes. */
  readonly severity: "error" | "warning";
  readonly message: string;
  /** The template, or the message's name where the finding has no place in a template. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** A piece of the template's line; empty where there is none. */
  readonly excerpt: string;
  readonly suggestion: string | undefined;
}

/** Columns by the name of their source, for those sources whose tables could be looked at. */
export type ColumnsOfSources = ReadonlyMap<string, readonly string[]>;

/** One template of a message and where it was written. */
interface LintedPart {
  readonly template: CompiledTemplate;
  readonly path: string;
  readonly lines: readonly string[];
}

/**
 * Looks for what will not work in a message: templates that do not compile; sources, columns and
 * methods that do not exist; sources that are fetched and never read; text that was meant to be
 * Velocity. Columns are looked at only for sources that `columns` holds, so that it serves offline
 * too. Pure; findings come part by part in the order of the text.
 */
export function lintMessage(
  config: Config,
  message: CompiledMessage,
  columns: ColumnsOfSources,
): LintFinding[] {
  const parts = partsOf(message);
  return [
    ...message.faults.map(describeFault),
    ...parts.flatMap((part) => lintPart(config, part, columns)),
    ...lintSources(config, message, parts),
  ];
}

function partsOf(message: CompiledMessage): LintedPart[] {
  const written = new Map(message.config.parts.map((part) => [part.part, part]));
  return [...message.parts].map(([name, template]: [PartName, CompiledTemplate]) => ({
    template,
    path: written.get(name)?.path ?? name,
    lines: (written.get(name)?.template ?? "").split(/\r\n|\n|\r/),
  }));
}

function describeFault(fault: PerigeeError): LintFinding {
  const { place } = fault;
  return {
    code: fault.code as MessageCode,
    severity: "error",
    message: fault.message,
    file: place?.file ?? "",
    line: place?.line ?? 1,
    column: place?.column ?? 1,
    excerpt: place?.excerpt ?? "",
    suggestion: fault.advice,
  };
}

function lintPart(config: Config, part: LintedPart, columns: ColumnsOfSources): LintFinding[] {
  const { references, warnings } = part.template;
  const found = warnings.map((warning) => finding(part, "PG824", warning, warning.message));
  for (const mention of references?.sources ?? []) {
    if (findSource(config, mention.name) !== undefined) continue;
    const what = `there is no source ${mention.name}; only an event's parameter can be meant`;
    found.push(finding(part, "PG820", mention, what, suggestName(mention.name, keysOf(config))));
  }
  for (const mention of references?.columns ?? []) {
    const source = findSource(config, mention.source);
    const known = source === undefined ? undefined : source.columns ?? columns.get(source.name);
    if (known === undefined || known.includes(mention.name)) continue;
    const what = `source ${source?.name} has no column ${mention.name}`;
    found.push(finding(part, "PG821", mention, what, suggestName(mention.name, known)));
  }
  for (const mention of references?.methods ?? []) {
    if (mention.isKnown) continue;
    found.push(finding(part, "PG822", mention, `no value has a method ${mention.name}(…)`));
  }
  return found.sort((one, other) => one.line - other.line || one.column - other.column);
}

/** Sources that are listed and not required, and that no template reads. */
function lintSources(
  config: Config,
  message: CompiledMessage,
  parts: readonly LintedPart[],
): LintFinding[] {
  const references = parts.map(({ template }) => template.references);
  if (message.faults.length > 0 || references.includes(undefined)) return [];
  const read = new Set(references.flatMap((all) => all?.sources.map(({ name }) => name) ?? []));
  return message.config.sources.flatMap(({ source, isRequired }) => {
    const id = String(config.sources.get(source)?.id);
    if (isRequired || read.has(source) || read.has(id)) return [];
    return [{
      code: "PG823" as const,
      severity: "warning" as const,
      message: `message ${message.config.name} fetches source ${source} and never reads it`,
      file: message.config.name,
      line: 1,
      column: 1,
      excerpt: "",
      suggestion: messageCodes.PG823.advice,
    }];
  });
}

function findSource(config: Config, key: string): SourceConfig | undefined {
  return config.sources.get(key) ??
    [...config.sources.values()].find(({ id }) => String(id) === key);
}

function keysOf(config: Config): string[] {
  return [...config.sources.values()].flatMap(({ name, id }) => [name, String(id)]);
}

const excerptLength = 80;

function finding(
  part: LintedPart,
  code: MessageCode,
  place: { readonly line: number; readonly column: number },
  message: string,
  suggestion: string | undefined = messageCodes[code].advice,
): LintFinding {
  const { line, column } = place;
  const start = Math.max(0, column - 1 - excerptLength / 2);
  const excerpt = (part.lines[line - 1] ?? "").slice(start, start + excerptLength).trim();
  return { code, severity: "warning", message, file: part.path, line, column, excerpt, suggestion };
}
