import { toJsonSchema } from "@valibot/to-json-schema";
import { conditionOperators } from "./condition_operator.ts";
import type { LeafAbout } from "./leaf.ts";
import { mappingValueSchema } from "./schema_data.ts";
import { segmentNodeSchema } from "./schema_segment.ts";
import { configSchema } from "./schema.ts";

/** A node of a JSON Schema; only what is touched here is named. */
interface JsonNode {
  [key: string]: unknown;
  type?: unknown;
  leaf?: LeafAbout;
  /** Set by `v.metadata({ conditions: true })`: the value of one column's condition. */
  conditions?: true;
}

/** A condition of one column: a value, or operators. Editors complete the operators' names. */
function conditionJson(): JsonNode {
  const operators = Object.values(conditionOperators)
    .flatMap(({ spellings, meaning }) =>
      spellings.map((spelling) => [spelling, { description: meaning }] as const)
    );
  return {
    anyOf: [
      { type: ["string", "number", "boolean"] },
      {
        type: "object",
        properties: Object.fromEntries(operators),
        additionalProperties: false,
        minProperties: 1,
      },
    ],
  };
}

/** A checked value widened by what the loader takes besides: interpolations, numbers as text. */
function leafJson(node: JsonNode, leaf: LeafAbout): JsonNode {
  const { description, default: byDefault, leaf: _leaf, maxLength: _max, ...rest } = node;
  if (rest["minLength"] === 0) delete rest["minLength"];
  const outer: JsonNode = {
    ...(description === undefined ? {} : { description }),
    ...(byDefault === undefined ? {} : { default: byDefault }),
    ...(leaf.example === undefined ? {} : { examples: [leaf.example] }),
  };
  const isOpen = rest.type === "string" && rest["enum"] === undefined &&
    rest["pattern"] === undefined && leaf.pattern === undefined;
  if (isOpen) return { ...outer, ...rest, type: ["string", "number"] };
  if (rest["enum"] !== undefined) delete rest.type;
  if (leaf.pattern !== undefined) rest["pattern"] = leaf.pattern;
  return { ...outer, anyOf: [rest, { $ref: "#/$defs/fromOutside" }] };
}

function publish(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(publish);
  if (typeof value !== "object" || value === null) return value;
  const node = value as JsonNode;
  if (node.leaf !== undefined) return leafJson(node, node.leaf);
  if (node.conditions === true) return conditionJson();
  const entries = Object.entries(node)
    .filter(([key, each]) => !(key === "required" && Array.isArray(each) && each.length === 0))
    // Names have rules that only the loader can explain.
    .filter(([key]) => key !== "propertyNames")
    .map(([key, each]) => [key, key === "default" ? each : publish(each)] as const);
  return Object.fromEntries(entries);
}

/** An empty section (`connectors:` with nothing below) is null in YAML, and allowed. */
function nullable(section: JsonNode): JsonNode {
  const { default: _default, ...rest } = section;
  return typeof rest.type === "string" ? { ...rest, type: [rest.type, "null"] } : rest;
}

/** The JSON Schema (draft 7) of a configuration file for editors; config/perigee.schema.json. */
export function configJsonSchema(): Record<string, unknown> {
  const converted = toJsonSchema(configSchema, {
    typeMode: "input",
    ignoreActions: ["check", "transform"],
    definitions: { segmentNode: segmentNodeSchema, mappingValue: mappingValueSchema },
  });
  const { properties, $defs, ...rest } = publish(converted) as {
    properties: Record<string, JsonNode>;
    $defs: Record<string, JsonNode>;
  };
  return {
    title: "Perigee configuration",
    description: "One of the *.yaml files of a configuration folder. See docs/configuration.md.",
    ...rest,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, section]) => [name, nullable(section)]),
    ),
    patternProperties: { "^x-": { description: "Holds what YAML anchors share; not read." } },
    $defs: {
      ...$defs,
      fromOutside: {
        type: "string",
        pattern: "\\$\\{.+\\}",
        description: "Supplied by the environment or a file.",
      },
    },
  };
}
