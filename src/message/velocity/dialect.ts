/** How white space around directives is treated; see docs/velocity.md. */
export type Whitespace = "none" | "bc" | "lines" | "structured";

/** The Velocity version whose behaviour a template was written for. */
export type DialectName = "1.7" | "2.x";

/** Every difference between the dialects, one field each. */
export interface Dialect {
  readonly name: DialectName;
  /** `$a-b` is one name. */
  readonly hyphenInNames: boolean;
  /** `""`, `0`, `[]` and `{}` are false in a condition. */
  readonly emptyIsFalse: boolean;
  /** A literal as a whole condition counts by its value; else it is false. */
  readonly literalConditions: boolean;
  /** `#set($x = $missing)` makes `$x` null; else `$x` keeps its value. */
  readonly setsNull: boolean;
  /** `#set` changes a loop's variable also in the turn of a null item; else it stays null. */
  readonly setsNullItems: boolean;
  /** A `#define`d block in a condition is not run; else it is, and true unless it is inside itself. */
  readonly blocksAreTrue: boolean;
  /** `#set(${x} = 1)` and `#set($!x = 1)` set `$x`; else they set nothing that can be read. */
  readonly setsFormal: boolean;
  /** Loops provide `$velocityCount` and `$velocityHasNext`. */
  readonly velocityCount: boolean;
  /** `#foreach … #else … #end`. */
  readonly foreachElse: boolean;
  /** `${x|"alternate"}`. */
  readonly alternateValues: boolean;
  /** Macro arguments are handed over by value; else by name, evaluated at each use. */
  readonly macroByValue: boolean;
  /** `#macro(m $a = "default")`. */
  readonly macroDefaults: boolean;
  /** Arguments and indexes may be expressions; else literals and references only. */
  readonly expressionArguments: boolean;
  /** `-$n`. */
  readonly unaryMinus: boolean;
  /** Text that holds a number is a number in arithmetic and comparison. */
  readonly textIsNumber: boolean;
  /** Arguments of methods are converted: `$s.concat(5)`, `$list.get("0")`. */
  readonly convertsArguments: boolean;
  /** #stop in a text that #evaluate runs ends the whole template; else that text alone. */
  readonly stopEndsAll: boolean;
  /** `$list.size` calls `size()`. */
  readonly callsWithoutParentheses: boolean;
  /** `$array.empty` tells whether an array is empty; else arrays have no properties. */
  readonly arraysAreEmpty: boolean;
  /** A lone `$`, `$!` or `#` may end the template. */
  readonly trailingSymbol: boolean;
  /** `$true` is a name like any other. */
  readonly booleanNames: boolean;
  /** `#literal() … #end`. */
  readonly literalDirective: boolean;
  /** `@` may stand inside a directive's name, so that `#end@example.com` is no #end. */
  readonly atInWords: boolean;
  /** `##` directly after `$x.name` starts a comment; else it is text. */
  readonly commentAfterProperty: boolean;
  /** Dollars directly before a directive are not printed, nor is `$!` before a dot. */
  readonly swallowsDollars: boolean;
  /** `$!` at the end of a line stays; else it prints `$`. */
  readonly keepsBangAtLineEnd: boolean;
  /** A tab may stand between `#set` and its parenthesis. */
  readonly tabAfterSet: boolean;
  /** White space treatment where a template sets none. */
  readonly whitespace: Whitespace;
}

/** The one table of dialect differences. Everything that differs reads from here. */
export const dialects: Readonly<Record<DialectName, Dialect>> = {
  "1.7": {
    name: "1.7",
    hyphenInNames: true,
    emptyIsFalse: false,
    literalConditions: false,
    setsNull: false,
    setsNullItems: false,
    blocksAreTrue: false,
    setsFormal: false,
    velocityCount: true,
    foreachElse: false,
    alternateValues: false,
    macroByValue: false,
    macroDefaults: false,
    expressionArguments: false,
    unaryMinus: false,
    textIsNumber: false,
    convertsArguments: false,
    stopEndsAll: false,
    callsWithoutParentheses: false,
    arraysAreEmpty: false,
    trailingSymbol: false,
    booleanNames: false,
    literalDirective: true,
    atInWords: true,
    commentAfterProperty: false,
    swallowsDollars: true,
    keepsBangAtLineEnd: false,
    tabAfterSet: false,
    whitespace: "bc",
  },
  "2.x": {
    name: "2.x",
    hyphenInNames: false,
    emptyIsFalse: true,
    literalConditions: true,
    setsNull: true,
    setsNullItems: true,
    blocksAreTrue: true,
    setsFormal: true,
    velocityCount: false,
    foreachElse: true,
    alternateValues: true,
    macroByValue: true,
    macroDefaults: true,
    expressionArguments: true,
    unaryMinus: true,
    textIsNumber: true,
    convertsArguments: true,
    stopEndsAll: true,
    callsWithoutParentheses: true,
    arraysAreEmpty: true,
    trailingSymbol: true,
    booleanNames: true,
    literalDirective: false,
    atInWords: false,
    commentAfterProperty: true,
    swallowsDollars: false,
    keepsBangAtLineEnd: true,
    tabAfterSet: true,
    whitespace: "lines",
  },
};
