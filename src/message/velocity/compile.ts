import type { Tree } from "./ast.ts";
import { compileUnit } from "./compile_unit.ts";
import { ownValue } from "./collection.ts";
import { dialects } from "./dialect.ts";
import type { DialectName, Whitespace } from "./dialect.ts";
import { defaultLimits } from "./limits.ts";
import type { Limits } from "./limits.ts";
import { parseTemplate } from "./parse_template.ts";
import { findReferences } from "./references.ts";
import type { TemplateReferences } from "./references.ts";
import { positionAt } from "./error.ts";
import type { Position } from "./error.ts";
import { RenderState } from "./state.ts";
import { dateTool } from "./tool/date_tool.ts";
import { escapeTool } from "./tool/escape.ts";
import { mathTool } from "./tool/math.ts";
import { numberTool } from "./tool/number_tool.ts";
import { SymbolTable } from "./unit.ts";
import type { Run, Unit } from "./unit.ts";

/** How a template is read. */
export interface CompileOptions {
  /** The name in error messages. */
  readonly name: string;
  readonly dialect: DialectName;
  /** White space around directives; the dialect's own where it is left out. */
  readonly whitespace?: Whitespace;
  /** `html` escapes what references print, but for `$esc.raw`. Off where it is left out. */
  readonly escape?: "html" | "none";
  /** Templates for #parse and #include by name. Without it there are none. */
  readonly includes?: (name: string) => string | undefined;
  readonly limits?: Partial<Limits>;
}

/** A tool by the name that templates use. */
export type ToolName = "mathTool" | "numberTool" | "dateTool" | "esc";

/** What one render is given besides its data. */
export interface RenderOptions {
  /** The current time for `$dateTool`; the clock's where it is left out. */
  readonly now?: Date;
  /** The organisation's zone, as IANA name or offset. UTC where it is left out. */
  readonly timezone?: string;
  /** The contact's zone; the organisation's where it is left out. */
  readonly contactTimezone?: string;
  /** BCP 47 tag for the names of months and days and for number signs. `en-US` where it is left out. */
  readonly locale?: string;
  /** The tools that exist; all of them where it is left out. */
  readonly tools?: readonly ToolName[];
}

/** Something that Velocity accepts and that hardly means what was written. */
export interface TemplateWarning extends Position {
  readonly message: string;
}

/** A compiled template. It holds no data and may render any number of times, also interleaved. */
export interface Template {
  readonly name: string;
  /**
   * Renders with the context's own values as variables. The context must be plain data (JSON values
   * and dates) and is never changed. Throws VelocityError; its code VTL401 says that a required
   * source is empty.
   */
  render(context: Record<string, unknown>, options?: RenderOptions): string;
  /** What the template refers to, for checks before it is used. Found at the first look. */
  readonly references: TemplateReferences;
  readonly warnings: readonly TemplateWarning[];
}

const toolsByName = { mathTool, numberTool, dateTool, esc: escapeTool } as const;
const allTools = Object.keys(toolsByName) as ToolName[];

/**
 * Parses a template and compiles it to closures; no code is generated and nothing in a template
 * reaches the host. Takes time linear in the length of the source. Throws VelocityError with the
 * place of the first problem.
 */
export function compileTemplate(source: string, options: CompileOptions): Template {
  const unit = newUnit(source, options);
  const tree = parseTemplate(unit);
  if (!tree.isOpen) unit.macroNames = new Set(tree.macros.keys());
  return new CompiledTemplate(tree, unit, compileUnit(unit, tree).run);
}

/**
 * A class because of its getter: an object literal with one makes a hidden class of its own for
 * each template, which keeps every template alive until the next full garbage collection.
 */
class CompiledTemplate implements Template {
  readonly name: string;
  readonly warnings: readonly TemplateWarning[];
  private readonly tree: Tree;
  private readonly unit: Unit;
  private readonly run: Run;
  private found: TemplateReferences | undefined;

  constructor(tree: Tree, unit: Unit, run: Run) {
    this.name = unit.name;
    this.tree = tree;
    this.unit = unit;
    this.run = run;
    this.warnings = tree.warnings.map(({ message, at }) => ({
      message,
      ...positionAt(unit.source, at),
    }));
  }

  render(context: Record<string, unknown>, options: RenderOptions = {}): string {
    return render(this.unit, this.run, context, options);
  }

  get references(): TemplateReferences {
    return this.found ??= findReferences(this.tree, this.unit.source);
  }
}

function newUnit(source: string, options: CompileOptions): Unit {
  const dialect = dialects[options.dialect];
  return {
    name: options.name,
    source,
    dialect,
    whitespace: options.whitespace ?? dialect.whitespace,
    limits: { ...defaultLimits, ...options.limits },
    escapesHtml: options.escape === "html",
    symbols: new SymbolTable(),
    macros: new Map(),
    macroNames: undefined,
    includes: options.includes ?? (() => undefined),
    included: new Map(),
  };
}

function render(
  unit: Unit,
  run: Run,
  context: Record<string, unknown>,
  options: RenderOptions,
): string {
  const timezone = options.timezone ?? "UTC";
  const state = new RenderState(unit, context, variablesOf(unit, context, options), {
    now: options.now ?? new Date(),
    timezone,
    contactTimezone: options.contactTimezone ?? timezone,
    locale: options.locale ?? "en-US",
  });
  run(state);
  return state.out;
}

/** The context's own values by slot; a tool where the context has no value of its name. */
function variablesOf(
  unit: Unit,
  context: Record<string, unknown>,
  { tools = allTools }: RenderOptions,
): unknown[] {
  const { names } = unit.symbols;
  const values: unknown[] = new Array(names.length);
  for (let slot = 0; slot < names.length; slot++) values[slot] = ownValue(context, names[slot]!);
  for (const tool of tools) {
    const slot = unit.symbols.find(tool);
    if (slot !== undefined) values[slot] ??= toolsByName[tool];
  }
  return values;
}
