import { Compile, parse } from "velocityjs";
import { PerigeeError } from "../error.ts";
import { messageCodes } from "./codes.ts";
import type { TemplateInput } from "./compile_messages.ts";
import { mergeTagValues, translateMergeTags } from "./merge_tags.ts";
import type { CompiledTemplate, TemplateScope } from "./template_engine.ts";

/**
 * Compiles a template for the velocityjs library. Only messages that the operator marked as trusted
 * come here: the library limits neither time nor memory, and does not keep a template away from
 * the program. Throws PG801 where it does not parse. Tools, `$esc` and `#parse` are not provided.
 * Each render gets copies of its data, since templates of this engine can change what they get.
 */
export function compileVelocityjsTemplate(input: TemplateInput): CompiledTemplate {
  const { message, path } = input;
  if (!message.isTrusted) {
    throw new Error(`message ${message.name} uses velocityjs and is not trusted`);
  }
  const merged = message.mergeTags
    ? translateMergeTags(input.template)
    : { template: input.template, tags: [] };
  const tree = failAs("PG801", path, () => parse(merged.template));
  return {
    references: undefined,
    warnings: [],
    render: (scope) =>
      failAs("PG813", path, () => {
        const escape = message.escape === "html";
        return new Compile(tree, { escape }).render(contextOf(scope, merged.tags));
      }),
  };
}

function contextOf(
  scope: TemplateScope,
  tags: Parameters<typeof mergeTagValues>[0],
): Record<string, unknown> {
  const { data, contact, event } = scope;
  return structuredClone({
    data,
    contact,
    event: event ?? null,
    mergeTag: mergeTagValues(tags, contact),
  });
}

/** The library's own words may hold data, so they stay in `cause`. */
function failAs<T>(code: "PG801" | "PG813", path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const what = code === "PG801" ? "does not parse" : "failed on this contact's data";
    throw new PerigeeError(`${path}: the template ${what} (engine velocityjs)`, {
      kind: "template",
      code,
      advice: messageCodes[code].advice,
      cause: error,
    });
  }
}
