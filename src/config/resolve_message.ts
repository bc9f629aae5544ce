import { formatPlace } from "./place.ts";
import type { MessageConfig, TemplateConfig } from "./model_message.ts";
import type { ResolveContext } from "./resolve_context.ts";
import { resolveMessageTests } from "./resolve_test_case.ts";
import type { ConfigInput } from "./schema.ts";
import type { TreePath } from "./tree.ts";

type MessageInput = ConfigInput["messages"][string];
type TemplateInput = ConfigInput["templates"][string];

/** A template's text and the path that errors name; undefined with a finding without its file. */
function loadTemplate(
  input: TemplateInput,
  path: TreePath,
  context: ResolveContext,
): { template: string; path: string } | undefined {
  if (typeof input === "string") {
    return { template: input, path: formatPlace(context.value(path)) };
  }
  const loaded = context.loadFile([...path, "file"], input.file);
  return loaded === undefined ? undefined : { template: loaded.text, path: loaded.shownPath };
}

function sourcesOf(input: MessageInput): MessageConfig["sources"] {
  const { sources } = input;
  if (Array.isArray(sources)) {
    return [...new Set(sources)].map((source) => ({ source, isRequired: false }));
  }
  return Object.entries(sources)
    .map(([source, options]) => ({ source, isRequired: options.required }));
}

/** A message with its templates read. */
export function resolveMessage(
  name: string,
  input: MessageInput,
  context: ResolveContext,
): MessageConfig {
  const path = ["messages", name];
  const timezone = input.timezone ?? context.timezone;
  const parts = (["subject", "html", "text"] as const).flatMap((part) => {
    const written = input[part];
    if (written === undefined) return [];
    const loaded = loadTemplate(written, [...path, part], context);
    return loaded === undefined ? [] : [{ part, ...loaded }];
  });
  const isEmpty = input.subject === undefined && input.html === undefined &&
    input.text === undefined;
  if (isEmpty) {
    const message = "A message needs at least one of `subject`, `html` and `text`.";
    context.error("PG153", context.key(path), message);
  }
  if (input.engine === "velocityjs" && !input.trusted) {
    context.error(
      "PG162",
      context.value([...path, "engine"]),
      "`engine: velocityjs` confines nothing: whoever writes the template runs code in the daemon, beside its database credentials.",
      "Use the own engine, or add `trusted: true` when that is acceptable.",
    );
  }
  return {
    name,
    id: input.id,
    parts,
    engine: input.engine,
    isTrusted: input.trusted,
    dialect: input.dialect,
    whitespace: input.whitespace,
    escape: input.escape,
    mergeTags: input.merge_tags,
    locale: input.locale,
    timezone,
    sources: sourcesOf(input),
    limits: {
      maxSteps: input.limits?.max_steps,
      maxOutputBytes: input.limits?.max_output,
      timeoutMs: input.limits?.timeout,
    },
    tests: resolveMessageTests(input.tests, timezone, [...path, "tests"], context),
  };
}

/** A fragment for `#parse` and `#include`; undefined with a finding without its file. */
export function resolveTemplate(
  name: string,
  input: TemplateInput,
  context: ResolveContext,
): TemplateConfig | undefined {
  const loaded = loadTemplate(input, ["templates", name], context);
  return loaded === undefined ? undefined : { name, ...loaded };
}
