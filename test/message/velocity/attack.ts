import assert from "node:assert/strict";
import process from "node:process";
import { compileTemplate } from "../../../src/message/velocity/compile.ts";
import { VelocityError } from "../../../src/message/velocity/error.ts";
import type { CompileOptions, RenderOptions } from "../../../src/message/velocity/compile.ts";

/** Both dialects: attacks run in each. */
export const dialects = ["1.7", "2.x"] as const;

/** Processor time that an attack may take, whatever else the machine does; one that works takes minutes. */
const patienceMs = 4_000;

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Data for an attack to reach through or to change. */
export function newContext(): Record<string, unknown> {
  return {
    user: { first: "Ann", tags: ["x", "y"], nested: { deep: [1, 2] } },
    list: ["a", "b", "c"],
    s: "hello",
    z: "a".repeat(64) + "!",
    n: 5,
    f: 1.5,
    t: true,
    date: new Date(0),
  };
}

/** Renders a template with new data of its own. */
export function render(
  template: string,
  options: Partial<CompileOptions> = {},
  renderOptions: RenderOptions = {},
): string {
  const compiled = compileTemplate(template, { name: "attack", dialect: "1.7", ...options });
  return compiled.render(newContext(), renderOptions);
}

/** Runs an attack in both dialects: it must end soon, in text or in a VelocityError. */
export function survive(template: string, options: Partial<CompileOptions> = {}): string[] {
  return dialects.map((dialect) => {
    const start = processorMs();
    try {
      return render(template, { ...options, dialect });
    } catch (error) {
      assert.ok(error instanceof VelocityError, `${template.slice(0, 80)} threw ${error}`);
      return error.code;
    } finally {
      assert.ok(processorMs() - start < patienceMs, `${template.slice(0, 80)} took too long`);
    }
  });
}
