import process from "node:process";

/** The few things that only Deno has; the types of Deno are not at hand on Node. */
interface DenoGlobal {
  readonly version: { readonly deno: string };
}

const deno = (globalThis as { Deno?: DenoGlobal }).Deno;

/** Whether this process is Deno, and not Node. The one place that may ask. */
export const isDeno = deno !== undefined;

/** The runtime's name and version for logs, such as `Deno 2.9.6` or `Node 20.19.0`. */
export function runtimeName(): string {
  return deno === undefined ? `Node ${process.versions.node}` : `Deno ${deno.version.deno}`;
}
