import { VtlMap } from "./collection.ts";

/** `$foreach`: where a loop stands. Templates may also keep values of their own in it. */
export class LoopScope {
  index = -1;
  hasNext = false;
  /** What `$foreach` was before: the outer loop's scope, or anything else. */
  readonly replaced: unknown;
  readonly own = new VtlMap();

  constructor(replaced: unknown) {
    this.replaced = replaced;
  }

  get parent(): LoopScope | undefined {
    return this.replaced instanceof LoopScope ? this.replaced : undefined;
  }

  get topmost(): LoopScope {
    return this.parent?.topmost ?? this;
  }

  get depth(): number {
    return 1 + (this.parent?.depth ?? 0);
  }
}

/** What `#define` and a macro's body leave in a variable: statements that run when it is printed. */
export class DefinedBlock {
  readonly run: (state: never) => void;
  readonly name: string;
  depth = 0;

  constructor(name: string, run: (state: never) => void) {
    this.name = name;
    this.run = run;
  }
}

/** Text that `escape: html` leaves alone. */
export class RawText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
