/**
 * What one render may use. Each limit ends the render with its own error (VTL301–VTL305).
 * The defaults are some hundred times what a long newsletter needs.
 */
export interface Limits {
  /**
   * Units of work: each template element executed, method call, loop turn and comparison inside a
   * regular expression or a collection is one, and so is every 64 characters of a string that is
   * built. 3 million take about 0.2 s; a newsletter of 100 kB with 1,000 rows takes about 30,000.
   */
  readonly steps: number;
  /** Characters in the output, and in any string built on the way. Checked before it is built. */
  readonly outputChars: number;
  /** Elements of a range, and of any list or map that the template makes. */
  readonly items: number;
  /** Macro calls inside one another: 20 is Velocity's own default. */
  readonly macroDepth: number;
  /** Wall-clock milliseconds, checked every 1,024 steps. */
  readonly timeMs: number;
  /** Blocks, parentheses, literals and string templates inside one another while parsing. */
  readonly nesting: number;
  /** Characters of template text, and of each text given to #evaluate. */
  readonly sourceChars: number;
}

/** The limits in force where a caller sets none. */
export const defaultLimits: Limits = Object.freeze({
  steps: 3_000_000,
  outputChars: 8_000_000,
  items: 100_000,
  macroDepth: 20,
  timeMs: 2_000,
  nesting: 100,
  sourceChars: 4_000_000,
});
