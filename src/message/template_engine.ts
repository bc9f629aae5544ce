import type { ContactValues } from "../hub/contacts.ts";
import type { TemplateWarning } from "./velocity/compile.ts";
import type { TemplateReferences } from "./velocity/references.ts";

/** What a template sees in one render. Nothing of it is changed by rendering. */
export interface TemplateScope {
  /** `$data`: a list of rows for each source. */
  readonly data: Readonly<Record<string, unknown>>;
  /** `$contact`: fields of the contact; empty where the render has none. */
  readonly contact: ContactValues;
  /** `$event`: the event that the message is rendered with. */
  readonly event: Readonly<Record<string, unknown>> | undefined;
  /** What `$dateTool` takes for now. */
  readonly now: Date;
  /** IANA zone of the contact where it is known. */
  readonly contactTimezone: string | undefined;
}

/**
 * One compiled part of a message. Two implementations ship: Perigee's own engine, and velocityjs
 * for trusted templates that were written for it.
 */
export interface CompiledTemplate {
  /**
   * Prints the template. Synchronous and bounded by its limits, apart from velocityjs, which has
   * none. Throws a PerigeeError: PG802 for what fails on this data, PG803 for a limit, PG807 for a
   * required source without rows. Renders share nothing.
   */
  render(scope: TemplateScope): string;
  /** What the template refers to; undefined where the engine cannot tell. */
  readonly references: TemplateReferences | undefined;
  /** Remarks on what is legal and hardly means what was written. */
  readonly warnings: readonly TemplateWarning[];
}
