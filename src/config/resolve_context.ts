import { isAbsolute, join, resolve } from "node:path";
import type { Place } from "./place.ts";
import type { Finding, ProblemCode } from "./problem.ts";
import { readText } from "./read_text.ts";
import {
  findNode,
  isAbsent,
  keyPlaceAt,
  type MapNode,
  placeAt,
  type TreeNode,
  type TreePath,
} from "./tree.ts";
import { shownName } from "./shown_name.ts";

/** Largest template or certificate file. */
const maxFileBytes = 4 << 20;

const aboutAbsence: ReadonlySet<ProblemCode> = new Set([
  "PG153",
  "PG160",
  "PG161",
  "PG172",
  "PG174",
]);

/**
 * What turning a checked section into the model needs: places to point at, files to read, and
 * somewhere to put findings.
 */
export class ResolveContext {
  readonly root: MapNode;
  readonly findings: Finding[];
  /** The global time zone. */
  readonly timezone: string;
  /** Sections and entries (`server`, `sources.promo`) in which something is wrong already. */
  readonly damaged: ReadonlySet<string>;
  readonly #onFile: (path: string) => void;

  constructor(options: {
    root: MapNode;
    findings: Finding[];
    timezone: string;
    damaged: ReadonlySet<string>;
    onFile: (path: string) => void;
  }) {
    this.root = options.root;
    this.findings = options.findings;
    this.timezone = options.timezone;
    this.damaged = options.damaged;
    this.#onFile = options.onFile;
  }

  /** The node at a path of the merged configuration. */
  node(path: TreePath): TreeNode | undefined {
    return findNode(this.root, path);
  }

  /** Is there a value at the path? */
  has(path: TreePath): boolean {
    return !isAbsent(this.node(path));
  }

  /** Did the value come from outside, so that no message may show it? */
  isInterpolated(path: TreePath): boolean {
    const node = this.node(path);
    return node?.kind === "scalar" && node.isInterpolated;
  }

  /** Place of the value, for what is wrong with it. */
  value(path: TreePath): Place {
    return placeAt(this.root, path);
  }

  /** Place of the key, for what is wrong with the whole under it. */
  key(path: TreePath): Place {
    return keyPlaceAt(this.root, path);
  }

  /**
   * Runs one entry's resolution. Where something in the entry is wrong already, findings that only
   * say that something is absent are dropped: it may be there and misspelt.
   */
  within<T>(entry: string, resolveEntry: () => T): T {
    const before = this.findings.length;
    const result = resolveEntry();
    if (!this.damaged.has(entry)) return result;
    const kept = this.findings.splice(before).filter(({ code }) => !aboutAbsence.has(code));
    this.findings.push(...kept);
    return result;
  }

  error(code: ProblemCode, place: Place, message: string, suggestion?: string): void {
    this.findings.push({ code, place, message, suggestion });
  }

  warn(code: ProblemCode, place: Place, message: string, suggestion?: string): void {
    this.findings.push({ code, place, message, suggestion, severity: "warning" });
  }

  /**
   * Reads a file that the value at `path` names, relative to the YAML file that says so; undefined
   * with a finding when it cannot be read. `shownPath` is how people see it.
   */
  loadFile(path: TreePath, written: string): { text: string; shownPath: string } | undefined {
    const place = this.value(path);
    const file = isAbsolute(written) ? written : resolve(place.file.folder, written);
    this.#onFile(file);
    const read = readText(file, maxFileBytes);
    const slash = place.file.path.lastIndexOf("/");
    const folder = slash < 0 ? "" : place.file.path.slice(0, slash);
    const shownPath = isAbsolute(written) ? written : join(folder, written);
    if (read.reason === undefined) return { text: read.text, shownPath };
    const named = this.isInterpolated(path)
      ? "The file named here"
      : `The file ${shownName(shownPath)}`;
    this.error("PG150", place, `${named} ${read.reason}.`);
    return undefined;
  }

  /** PEM text that is given itself or as a file; undefined with a finding when it is none. */
  loadPem(path: TreePath, written: string, label: RegExp, what: string): string | undefined {
    const text = written.includes("-----BEGIN") ? written : this.loadFile(path, written)?.text;
    if (text === undefined) return undefined;
    const labels = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map((found) =>
      found[1] ?? ""
    );
    if (labels.some((each) => label.test(each))) return text;
    this.error("PG151", this.value(path), `What is given here holds no ${what} in PEM form.`);
    return undefined;
  }
}
