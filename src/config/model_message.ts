import type { MessageTestConfig } from "./model_test_case.ts";

export interface MessageConfig {
  readonly name: string;
  readonly id: number;
  /** Template texts, already read. `path` is what errors name. */
  readonly parts: readonly {
    readonly part: "subject" | "html" | "text";
    readonly template: string;
    readonly path: string;
  }[];
  readonly engine: "perigee" | "velocityjs";
  readonly isTrusted: boolean;
  readonly dialect: "1.7" | "2.x";
  /** What happens to white space around directives; the dialect's own where it is undefined. */
  readonly whitespace?: "none" | "bc" | "lines" | "structured" | undefined;
  readonly escape: "none" | "html";
  readonly mergeTags: boolean;
  readonly locale: string;
  readonly timezone: string;
  readonly sources: readonly { readonly source: string; readonly isRequired: boolean }[];
  readonly limits: {
    readonly maxSteps: number | undefined;
    readonly maxOutputBytes: number | undefined;
    readonly timeoutMs: number | undefined;
  };
  readonly tests: readonly MessageTestConfig[];
}

/** A template that is no message of its own. `path` is what errors name. */
export interface TemplateConfig {
  readonly name: string;
  readonly template: string;
  readonly path: string;
}
