/** What the cases of segments and messages have in common. */
interface TestCaseConfig {
  readonly name: string;
  /** The moment that is now. */
  readonly at: Date;
  /** Rows by source name, values by column. */
  readonly rows: ReadonlyMap<string, readonly Readonly<Record<string, unknown>>[]>;
  /** Types of columns by source name, where the values do not tell. */
  readonly types: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** `config/perigee.yaml:12:9` */
  readonly place: string;
}

/** One case of a segment's `tests:`: given these rows and this moment, these contacts are in. */
export interface SegmentTestConfig extends TestCaseConfig {
  /** Contacts by documented parameter; undefined is one contact for each key among the rows. */
  readonly contacts: readonly Readonly<Record<string, unknown>>[] | undefined;
  /** Keys of the contacts that must be in, and no others. */
  readonly members: readonly string[];
}

/** One case of a message's `tests:`: given these rows, contact and moment, the text is that. */
export interface MessageTestConfig extends TestCaseConfig {
  /** The contact by documented parameter; its key is that of the first row unless it is here. */
  readonly contact: Readonly<Record<string, unknown>> | undefined;
  /** What the parts must be to the letter, or must contain; parts that are not named may be anything. */
  readonly expected: readonly {
    readonly part: "subject" | "html" | "text";
    readonly text: string | undefined;
    readonly contains: readonly string[];
    readonly lacks: readonly string[];
  }[];
  /** Code of the error that the rendering must end with, such as PG807; undefined must succeed. */
  readonly error: string | undefined;
}

/** How one case ended. */
export interface ConfigTestResult {
  /** `segment/birthday_today` */
  readonly subject: string;
  readonly test: string;
  readonly place: string;
  readonly passed: boolean;
  /** What is otherwise than wanted, in plain words; empty when the case passed. */
  readonly differences: readonly string[];
}
