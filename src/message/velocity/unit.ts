import type { Dialect, Whitespace } from "./dialect.ts";
import type { Limits } from "./limits.ts";
import type { RenderState } from "./state.ts";

/** Runs a statement or a list of them; what it prints goes to `state.out`. */
export type Run = (state: RenderState) => void;

/** Computes a value. */
export type Value = (state: RenderState) => unknown;

/** A macro that is ready to be called. */
export interface CompiledMacro {
  readonly unit: Unit;
  readonly name: string;
  readonly parameters: readonly { readonly slot: number; readonly fallback: Value | undefined }[];
  readonly run: Run;
}

/** One text compiled: the template itself, an included template, or a text given to #evaluate. */
export interface Unit {
  readonly name: string;
  readonly source: string;
  readonly dialect: Dialect;
  readonly whitespace: Whitespace;
  readonly limits: Limits;
  readonly escapesHtml: boolean;
  readonly symbols: SymbolTable;
  readonly macros: Map<string, CompiledMacro>;
  /** Names that are macros; undefined where more can come while it renders. */
  macroNames: ReadonlySet<string> | undefined;
  readonly includes: (name: string) => string | undefined;
  /** Included templates that are compiled already, by name. */
  readonly included: Map<string, { readonly unit: Unit; readonly run: Run }>;
}

/** Gives each variable name its place in `RenderState.vars`. */
export class SymbolTable {
  private readonly slots: Map<string, number>;
  readonly names: string[];

  constructor(names: Iterable<string> = []) {
    this.names = [...new Set(names)];
    this.slots = new Map(this.names.map((name, slot) => [name, slot]));
  }

  /** The name's slot, made where it has none. */
  slot(name: string): number {
    const known = this.slots.get(name);
    if (known !== undefined) return known;
    this.slots.set(name, this.names.length);
    return this.names.push(name) - 1;
  }

  find(name: string): number | undefined {
    return this.slots.get(name);
  }
}
