/** Offsets in the tree count from the start of the whole template. */
export type Offset = number;

/** One step after a reference's root: `.name`, `.name(…)` or `[…]`. */
export type Accessor =
  | { readonly kind: "property"; readonly name: string; readonly at: Offset }
  | {
    readonly kind: "method";
    readonly name: string;
    readonly args: readonly Expression[];
    readonly at: Offset;
  }
  | { readonly kind: "index"; readonly key: Expression; readonly at: Offset };

/** `$root.path` in text or in an expression. */
export interface Reference {
  readonly kind: "reference";
  readonly at: Offset;
  /** As written, from `$` on: what a null prints. */
  readonly source: string;
  readonly root: string;
  readonly path: readonly Accessor[];
  readonly isQuiet: boolean;
  readonly isFormal: boolean;
  /** Backslashes before the `$`, and further dollars between them and it. */
  readonly escape: { readonly backslashes: number; readonly dollars: string };
  readonly alternate: Expression | undefined;
}

export type BinaryOperator =
  | "or"
  | "and"
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "+"
  | "-"
  | "*"
  | "/"
  | "%";

/** Anything with a value. `source` is the text as written. */
export type Expression =
  | Reference
  | { readonly kind: "text"; readonly value: string; readonly source: string; readonly at: Offset }
  | {
    readonly kind: "template";
    readonly nodes: readonly Node[];
    readonly source: string;
    readonly at: Offset;
  }
  | {
    readonly kind: "number";
    readonly value: unknown;
    readonly source: string;
    readonly at: Offset;
  }
  | { readonly kind: "boolean"; readonly value: boolean; readonly at: Offset }
  /** A bare name where a value belongs: always null. */
  | { readonly kind: "word"; readonly source: string; readonly at: Offset }
  | { readonly kind: "list"; readonly items: readonly Expression[]; readonly at: Offset }
  | {
    readonly kind: "map";
    readonly entries: readonly (readonly [Expression, Expression])[];
    readonly at: Offset;
  }
  | {
    readonly kind: "range";
    readonly from: Expression;
    readonly to: Expression;
    readonly at: Offset;
  }
  | { readonly kind: "not"; readonly operand: Expression; readonly at: Offset }
  | { readonly kind: "negate"; readonly operand: Expression; readonly at: Offset }
  | {
    readonly kind: "binary";
    readonly operator: BinaryOperator;
    readonly left: Expression;
    readonly right: Expression;
    /** The right operand with the space around it: what Velocity shows of a null result. */
    readonly source: string;
    readonly at: Offset;
  }
  /** An expression in parentheses; `source` is what stands between them. */
  | {
    readonly kind: "group";
    readonly inner: Expression;
    readonly source: string;
    readonly at: Offset;
  };

export interface Branch {
  readonly condition: Expression;
  readonly body: readonly Node[];
}

export interface MacroParameter {
  readonly name: string;
  readonly fallback: Expression | undefined;
}

export interface MacroDefinition {
  readonly name: string;
  readonly parameters: readonly MacroParameter[];
  readonly body: readonly Node[];
}

export interface Foreach {
  readonly kind: "foreach";
  readonly variable: string;
  readonly items: Expression;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[] | undefined;
  readonly at: Offset;
}

export interface MacroCall {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Expression[];
  /** A bare word among the arguments: an error once the macro turns out to exist. */
  readonly badArgument: string | undefined;
  readonly body: readonly Node[] | undefined;
  /** Printed as written where no macro has the name, with the white space around it. */
  readonly source: string;
  readonly prefix: string;
  readonly at: Offset;
}

/** One statement of a template. */
export type Node =
  | { readonly kind: "plain"; readonly text: string }
  | Reference
  | {
    readonly kind: "set";
    readonly target: Reference;
    readonly value: Expression;
    readonly at: Offset;
  }
  | {
    readonly kind: "if";
    readonly branches: readonly Branch[];
    readonly otherwise: readonly Node[] | undefined;
    readonly at: Offset;
  }
  | Foreach
  | MacroCall
  | {
    readonly kind: "define";
    readonly name: string;
    readonly body: readonly Node[];
    readonly at: Offset;
  }
  | { readonly kind: "evaluate"; readonly text: Expression; readonly at: Offset }
  | { readonly kind: "parse"; readonly name: Expression; readonly at: Offset }
  | { readonly kind: "include"; readonly names: readonly Expression[]; readonly at: Offset }
  | { readonly kind: "break"; readonly scope: Expression | undefined; readonly at: Offset }
  | { readonly kind: "stop"; readonly at: Offset }
  | { readonly kind: "require"; readonly source: string; readonly at: Offset };

/** A parsed template with the macros that it defines. */
export interface Tree {
  readonly nodes: readonly Node[];
  readonly macros: ReadonlyMap<string, MacroDefinition>;
  /** Every name that a reference, loop, macro or #define mentions. */
  readonly names: ReadonlySet<string>;
  readonly warnings: readonly { readonly message: string; readonly at: Offset }[];
  /** More macros can come while it renders: from #evaluate or #parse. */
  readonly isOpen: boolean;
}
