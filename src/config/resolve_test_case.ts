import type { MessageTestConfig, SegmentTestConfig } from "./model_test_case.ts";
import { formatPlace } from "./place.ts";
import type { ResolveContext } from "./resolve_context.ts";
import type { ConfigInput } from "./schema.ts";
import type { TreePath } from "./tree.ts";
import { instantOf } from "./zone.ts";

type SegmentTestInput = ConfigInput["segments"][string]["tests"][number];
type MessageTestInput = ConfigInput["messages"][string]["tests"][number];
type Expected = MessageTestConfig["expected"][number];

/** The cases of a segment; their moments are read in its zone. */
export function resolveSegmentTests(
  inputs: readonly SegmentTestInput[],
  timezone: string,
  path: TreePath,
  context: ResolveContext,
): SegmentTestConfig[] {
  return inputs.map((input, index) => {
    const { contacts, members } = input;
    return { ...commonOf(input, index, timezone, path, context), contacts, members };
  });
}

/** The cases of a message; their moments are read in its zone. */
export function resolveMessageTests(
  inputs: readonly MessageTestInput[],
  timezone: string,
  path: TreePath,
  context: ResolveContext,
): MessageTestConfig[] {
  return inputs.map((input, index) => {
    const expected = (["subject", "html", "text"] as const).flatMap((part): Expected[] => {
      const wanted = input[part];
      if (wanted === undefined) return [];
      if (typeof wanted !== "string") return [{ part, text: undefined, ...wanted }];
      return [{ part, text: wanted, contains: [], lacks: [] }];
    });
    if (expected.length === 0 && input.error === undefined) {
      context.error(
        "PG153",
        context.value([...path, index]),
        "The case expects nothing: it needs one of `subject`, `html`, `text` and `error`.",
      );
    }
    const { contact, error } = input;
    return { ...commonOf(input, index, timezone, path, context), contact, expected, error };
  });
}

function commonOf(
  input: SegmentTestInput | MessageTestInput,
  index: number,
  timezone: string,
  path: TreePath,
  context: ResolveContext,
) {
  return {
    name: input.name ?? String(index + 1),
    at: instantOf(input.at, timezone),
    rows: new Map(Object.entries(input.rows)),
    types: new Map(Object.entries(input.types)),
    place: formatPlace(context.value([...path, index])),
  };
}
