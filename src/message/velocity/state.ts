import { VelocityError } from "./error.ts";
import type { VelocityCode } from "./error.ts";
import type { Dialect } from "./dialect.ts";
import type { Limits } from "./limits.ts";
import type { VtlList, VtlMap } from "./collection.ts";
import type { MacroFrame } from "./frame.ts";
import type { HiddenVariables } from "./null_turns.ts";
import type { Program } from "./regex/program.ts";
import type { CompiledMacro, SymbolTable, Unit } from "./unit.ts";

/** What `#break` and `#stop` leave behind until the thing they end notices. */
export interface Halt {
  /** The scope object that is to end; null ends the nearest, "all" everything up to #evaluate. */
  readonly scope: object | null | "all";
}

/** Clock, zones and language for the tools of one render. */
export interface RenderEnvironment {
  readonly now: Date;
  readonly timezone: string;
  readonly contactTimezone: string;
  readonly locale: string;
}

/** Steps between two looks at the clock. */
const stepsPerClockCheck = 1024;

/** Everything that changes during one render. Nothing of it outlives the render. */
export class RenderState {
  out = "";
  /** Values of the variables by slot; see SymbolTable. */
  vars: unknown[];
  unit: Unit;
  frame: MacroFrame | null = null;
  halt: Halt | null = null;
  /** Variables that `#set` cannot change now, see NullTurns; null where there are none. */
  hidden: HiddenVariables | null = null;
  /** Offset of the statement at hand, for errors. */
  at = 0;
  macroDepth = 0;
  evaluateDepth = 0;
  /** Host lists and maps that the template has written to, with their private copies. */
  overlay: Map<object, VtlList | VtlMap> | null = null;
  /** Whether any list or map has been written to: before, no loop can be over a changed one. */
  hasWritten = false;
  /** Names and macros that #evaluate has added in this render; null before. */
  symbols: SymbolTable | null = null;
  macros: Map<string, CompiledMacro> | null = null;
  /** Regular expressions that this render has compiled. */
  readonly patterns = new Map<string, Program>();
  readonly context: Record<string, unknown>;
  readonly environment: RenderEnvironment;
  readonly limits: Limits;
  readonly dialect: Dialect;
  readonly maxChars: number;
  private steps = 0;
  private nextCheck: number;
  private readonly deadline: number;

  constructor(
    unit: Unit,
    context: Record<string, unknown>,
    vars: unknown[],
    environment: RenderEnvironment,
  ) {
    this.unit = unit;
    this.context = context;
    this.vars = vars;
    this.environment = environment;
    this.limits = unit.limits;
    this.dialect = unit.dialect;
    this.maxChars = unit.limits.outputChars;
    this.nextCheck = Math.min(stepsPerClockCheck, unit.limits.steps + 1);
    this.deadline = performance.now() + unit.limits.timeMs;
  }

  /** Counts work; throws VTL301 or VTL305 where the render has done too much or taken too long. */
  charge(steps: number): void {
    this.steps += steps;
    if (this.steps >= this.nextCheck) this.check();
  }

  private check(): void {
    const { steps, timeMs } = this.limits;
    if (this.steps > steps) {
      this.fail("VTL301", `more than ${steps} steps`, "Loop over fewer items or do less for each.");
    }
    if (performance.now() > this.deadline) {
      this.fail("VTL305", `rendering took more than ${timeMs} ms`, "Do less work in the template.");
    }
    this.nextCheck = Math.min(this.steps + stepsPerClockCheck, steps + 1);
  }

  /** Refuses text longer than the limit before it is built, and charges for its length. */
  claimChars(chars: number): void {
    if (chars > this.maxChars) this.failChars();
    this.charge(chars >> 6);
  }

  failChars(): never {
    return this.fail(
      "VTL302",
      `more than ${this.maxChars} characters`,
      "Print or gather less text.",
    );
  }

  /** Refuses collections larger than the limit before they are built, and charges for their size. */
  claimItems(items: number): void {
    if (items > this.limits.items) {
      this.fail("VTL303", `more than ${this.limits.items} items`, "Use a smaller range or list.");
    }
    this.charge(items);
  }

  /** Ends the render with an error at the statement at hand, or at `at`. */
  fail(code: VelocityCode, message: string, hint?: string, at: number = this.at): never {
    throw new VelocityError({ code, message, hint }, this.unit.name, this.unit.source, at);
  }

  /** The value as the template sees it: its private copy where it has written to it. */
  resolve(value: object): object {
    return this.overlay === null ? value : this.overlay.get(value) ?? value;
  }

  /** Renders something into text of its own. */
  capture(run: (state: RenderState) => void): string {
    const before = this.out;
    this.out = "";
    run(this);
    const text = this.out;
    this.out = before;
    this.charge(text.length >> 6);
    return text;
  }
}
