import { requireDataset } from "../dataset/datasets.ts";
import type { Config } from "./model.ts";
import type { SegmentNode } from "./model_segment.ts";
import {
  resolveAlerts,
  resolveConnector,
  resolveHub,
  resolveRender,
  resolveRetention,
  resolveServer,
} from "./resolve_base.ts";
import type { ResolveContext } from "./resolve_context.ts";
import { resolveExport, resolveImport, resolveSource } from "./resolve_data.ts";
import { resolveRoute, resolveSink, resolveTrigger } from "./resolve_event.ts";
import { resolveMessage, resolveTemplate } from "./resolve_message.ts";
import { findSegmentCycles, resolveSegment } from "./resolve_segment.ts";
import type { ConfigInput } from "./schema.ts";
import { formatPlace } from "./place.ts";
import { suggestName } from "./spelling.ts";
import { shownName } from "./shown_name.ts";

type EntrySection = {
  [K in keyof ConfigInput]: ConfigInput[K] extends Record<string, unknown>
    ? string extends keyof ConfigInput[K] ? K : never
    : never;
}[keyof ConfigInput];

function resolveAll<Section extends EntrySection, Output>(
  section: Section,
  input: ConfigInput,
  resolve: (
    name: string,
    input: ConfigInput[Section][string],
    context: ResolveContext,
  ) => Output | undefined,
  context: ResolveContext,
): Map<string, Output> {
  const resolved = new Map<string, Output>();
  const entries = input[section] as Record<string, ConfigInput[Section][string]>;
  for (const [name, entry] of Object.entries(entries)) {
    const output = context.within(`${section}.${name}`, () => resolve(name, entry, context));
    if (output !== undefined) resolved.set(name, output);
  }
  return resolved;
}

function findDuplicateIds(
  section: "sources" | "segments" | "messages",
  inputs: Readonly<Record<string, { readonly id: number }>>,
  context: ResolveContext,
): void {
  const owners = new Map<number, string>();
  for (const [name, { id }] of Object.entries(inputs)) {
    const owner = owners.get(id);
    if (owner === undefined) {
      owners.set(id, name);
      continue;
    }
    const related = context.value([section, owner, "id"]);
    context.findings.push({
      code: "PG141",
      place: context.value([section, name, "id"]),
      message: `\`${section}.${name}\` has the id of \`${section}.${owner}\`, at ${
        formatPlace(related)
      }.`,
      related,
    });
  }
}

function contactColumns(node: SegmentNode | undefined): string[] {
  if (node === undefined) return [];
  if ("nodes" in node) return node.nodes.flatMap(contactColumns);
  const isAboutContacts = node.kind === "contact" ||
    node.kind === "dataset" && node.dataset === "contacts";
  return isAboutContacts ? node.conditions.map((condition) => condition.column) : [];
}

/** A contact condition on a name that is neither documented nor filled by an import: a typo? */
function warnUnfilledFields(config: Config, context: ResolveContext): void {
  if (context.damaged.has("imports") || context.damaged.has("connectors")) return;
  const documented = requireDataset("contacts").columns.map((column) => column.parameter);
  const filled = [...config.imports.values()]
    .flatMap((each) => each.mapping.filter((mapping) => mapping.isAdditionalField))
    .map((mapping) => mapping.target);
  const keys = [...config.connectors.values()]
    .flatMap(({ key }) => key.field.kind === "field" ? [key.field.name] : []);
  const known = [...documented, ...filled, ...keys];
  for (const segment of config.segments.values()) {
    const used = new Set([...contactColumns(segment.where), ...contactColumns(segment.exclude)]);
    for (const column of used) {
      if (known.includes(column)) continue;
      context.warn(
        "PG171",
        context.key(["segments", segment.name]),
        `The segment asks for the contact field \`${shownName(column)}\`, which no import fills.`,
        suggestName(column, known),
      );
    }
  }
}

/** A trigger that waits for notifications of a segment that listens to none. */
function warnDeafTriggers(config: Config, context: ResolveContext): void {
  for (const trigger of config.triggers.values()) {
    const segment = config.segments.get(trigger.segment);
    if (!trigger.onNotify || segment === undefined || segment.listen !== undefined) continue;
    context.warn(
      "PG174",
      context.value(["triggers", trigger.name, "on"]),
      `The segment \`${segment.name}\` has no \`listen\`, so no notification ever fires the trigger.`,
    );
  }
}

/** The model without its hash, with a finding for everything that does not fit together. */
export function resolveConfig(input: ConfigInput, context: ResolveContext): Config {
  for (const section of ["sources", "segments", "messages"] as const) {
    findDuplicateIds(section, input[section], context);
  }
  const config: Config = {
    hash: "",
    hub: context.within("hub", () => resolveHub(input.hub, context)),
    timezone: context.timezone,
    server: context.within("server", () => resolveServer(input.server, context)),
    render: resolveRender(input.render),
    connectors: resolveAll("connectors", input, resolveConnector, context),
    sources: resolveAll("sources", input, resolveSource, context),
    imports: resolveAll("imports", input, resolveImport, context),
    segments: resolveAll("segments", input, resolveSegment, context),
    sinks: resolveAll("sinks", input, resolveSink, context),
    routes: input.routes.map(resolveRoute),
    triggers: resolveAll("triggers", input, resolveTrigger, context),
    messages: resolveAll("messages", input, resolveMessage, context),
    templates: resolveAll("templates", input, resolveTemplate, context),
    exports: resolveAll("exports", input, resolveExport, context),
    alerts: resolveAlerts(input.alerts, context),
    retention: resolveRetention(input.retention),
  };
  findSegmentCycles(config.segments, context);
  warnUnfilledFields(config, context);
  warnDeafTriggers(config, context);
  return config;
}
