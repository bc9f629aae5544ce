import type { Node } from "./ast.ts";

/** Statements in the making: plain text is gathered until something else comes. */
export class NodeList {
  readonly nodes: Node[] = [];
  private plain = "";
  /** A run of the source that follows `plain`: adjoining runs become one slice. */
  private source = "";
  private start = 0;
  private end = 0;

  text(text: string): void {
    if (text === "") return;
    this.join();
    this.plain += text;
  }

  /** Adds a part of the source. */
  span(source: string, start: number, end: number): void {
    if (start === end) return;
    if (this.end !== start || this.source !== source) {
      this.join();
      this.source = source;
      this.start = start;
    }
    this.end = end;
  }

  private join(): void {
    if (this.end > this.start) {
      const text = this.source.slice(this.start, this.end);
      this.plain = this.plain === "" ? text : this.plain + text;
    }
    this.start = this.end = 0;
  }

  node(node: Node): void {
    this.flush();
    this.nodes.push(node);
  }

  finish(): Node[] {
    this.flush();
    return this.nodes;
  }

  private flush(): void {
    this.join();
    if (this.plain !== "") this.nodes.push({ kind: "plain", text: this.plain });
    this.plain = "";
  }
}
