import * as v from "valibot";
import { freezeDeep } from "./freeze.ts";
import { readFolder } from "./folder.ts";
import { hashConfig } from "./hash.ts";
import type { Section } from "./leaf.ts";
import { mergeTrees } from "./merge.ts";
import type { Config } from "./model.ts";
import { parseYaml } from "./parse_yaml.ts";
import type { SourceFile } from "./place.ts";
import { describeFindings, type Finding, type Problem } from "./problem.ts";
import { invalid, read, type ReadContext, type ReadSchema, readSection } from "./read.ts";
import { resolveConfig } from "./resolve.ts";
import { ResolveContext } from "./resolve_context.ts";
import { type ConfigInput, configSchema } from "./schema.ts";
import { shownName } from "./shown_name.ts";
import { suggestName } from "./spelling.ts";
import { isAbsent, type MapNode, type TreePath } from "./tree.ts";

export type { Problem };

/** What loading came to. `files` are the absolute paths that were read, to watch for a reload. */
export type LoadResult =
  | {
    readonly ok: true;
    readonly config: Config;
    readonly warnings: readonly Problem[];
    readonly files: readonly string[];
  }
  | {
    readonly ok: false;
    readonly problems: readonly Problem[];
    readonly warnings: readonly Problem[];
    readonly files: readonly string[];
  };

/** The environment that `${NAME}` reads. */
export interface LoadOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
}

const namedSections: readonly Section[] = [
  "connectors",
  "sources",
  "segments",
  "sinks",
  "messages",
  "templates",
];

/** In inline templates `${…}` is Velocity's formal reference, not an interpolation. */
function isTemplate(path: TreePath): boolean {
  const [section, , part] = path;
  if (section === "templates") return path.length === 2;
  return section === "messages" && path.length === 3 &&
    (part === "subject" || part === "html" || part === "text");
}

/** All files as one tree; `isWhole` is false when some of it could not be read. */
function readTree(folder: string, options: LoadOptions, findings: Finding[], files: Set<string>) {
  const found = readFolder(folder);
  findings.push(...found.findings);
  for (const file of found.files) files.add(file);
  let isWhole = found.findings.length === 0;
  const roots: MapNode[] = [];
  const onFile = (path: string) => files.add(path);
  for (const source of found.sources) {
    const parsed = parseYaml(source, { env: options.env, onFile, isTemplate });
    findings.push(...parsed.findings);
    isWhole &&= parsed.isWhole;
    if (parsed.root?.kind === "map") roots.push(parsed.root);
    else if (parsed.root !== undefined && !isAbsent(parsed.root)) {
      isWhole = false;
      const message = "A configuration file is a mapping of sections such as `connectors:`.";
      findings.push({ code: "PG122", place: parsed.root.place, message });
    }
  }
  const start = { file: found.sources[0] ?? emptySource(folder), start: 0, end: 0 };
  const merged = mergeTrees(roots, start);
  findings.push(...merged.findings);
  return { root: merged.root, isWhole };
}

function emptySource(folder: string): SourceFile {
  return { path: folder, folder, text: "", lineStarts: [0], masked: [] };
}

/** The names that each section defines; a section that is itself unusable is left out. */
function namesOf(root: MapNode): Map<Section, ReadonlySet<string>> {
  const names = new Map<Section, ReadonlySet<string>>();
  for (const section of namedSections) {
    const node = root.entries.get(section)?.node;
    if (node?.kind === "map") names.set(section, new Set(node.entries.keys()));
    else if (isAbsent(node)) names.set(section, new Set());
  }
  return names;
}

/** The sections as read, and where in them something is wrong: `server`, `sources.promo`. */
interface ReadSections {
  readonly input: ConfigInput;
  readonly damaged: ReadonlySet<string>;
}

function reportUnknownSections(root: MapNode, known: readonly string[], findings: Finding[]): void {
  for (const [name, { keyPlace }] of root.entries) {
    // `x-…` holds what anchors (`&`) share.
    if (name.startsWith("x-") || known.includes(name)) continue;
    findings.push({
      code: "PG120",
      place: keyPlace,
      message: `There is no section \`${shownName(name)}\`.`,
      suggestion: suggestName(name, known),
    });
  }
}

/** Reads every section by its schema; what is unusable is left out and has its finding. */
function readSections(root: MapNode, context: ReadContext): ReadSections {
  const sections = configSchema.entries as unknown as Record<string, ReadSchema>;
  const input = v.parse(configSchema, {}) as Record<string, unknown>;
  const damaged = new Set<string>();
  reportUnknownSections(root, Object.keys(sections), context.findings);
  for (const [name, schema] of Object.entries(sections)) {
    const node = root.entries.get(name)?.node;
    if (node === undefined || isAbsent(node)) continue;
    const before = context.faults;
    if (schema.wrapped?.type === "record") {
      const section = readSection(schema, node, name, context);
      input[name] = section.value;
      for (const entry of section.damaged) damaged.add(`${name}.${entry}`);
    } else {
      const value = read(schema, node, name, context);
      if (value !== invalid) input[name] = value;
    }
    if (context.faults > before) damaged.add(name);
  }
  return { input: input as ConfigInput, damaged };
}

function report(findings: readonly Finding[]): { problems: Problem[]; warnings: Problem[] } {
  const all = describeFindings(findings);
  return {
    problems: all.filter((problem) => problem.severity === "error"),
    warnings: all.filter((problem) => problem.severity === "warning"),
  };
}

/**
 * Loads the configuration of a folder: files → one tree → checked values → resolved model. Reports
 * every problem at once, sorted by place, and never throws for anything that the folder holds. The
 * configuration is frozen at every depth. No message holds a secret or an interpolated value.
 */
export function loadConfig(folder: string, options: LoadOptions): Promise<LoadResult> {
  return Promise.resolve().then(() => {
    const findings: Finding[] = [];
    const files = new Set<string>();
    const { root, isWhole } = readTree(folder, options, findings, files);
    const names = isWhole ? namesOf(root) : undefined;
    const { input, damaged } = readSections(root, { names, findings, faults: 0 });
    const context = new ResolveContext({
      root,
      findings,
      timezone: input.timezone,
      damaged,
      onFile: (path) => files.add(path),
    });
    const config = resolveConfig(input, context);
    const { problems, warnings } = report(findings);
    if (problems.length > 0) return { ok: false, problems, warnings, files: [...files] };
    const hashed = { ...config, hash: hashConfig(config) };
    return { ok: true, config: freezeDeep(hashed), warnings, files: [...files] };
  });
}
