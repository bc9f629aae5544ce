import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { repository } from "../support/daemon_process.ts";

/** One fenced block of code of a document. */
export interface Block {
  /** Path below the repository. */
  readonly file: string;
  /** Of the block's first line. */
  readonly line: number;
  /** What stands behind the fence; empty where nothing does. */
  readonly language: string;
  readonly text: string;
}

/** A document with its blocks, in order. */
export interface Document {
  readonly file: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** Every document of the repository: those at its root and everything below docs. */
export async function readDocuments(): Promise<Document[]> {
  const names = [
    ...(await readdir(repository)),
    ...(await readdir(path.join(repository, "docs"), { recursive: true }))
      .map((name) => path.join("docs", name)),
  ].filter((name) => name.endsWith(".md")).sort();
  return await Promise.all(names.map(readDocument));
}

/** One document, by its path below the repository. */
export async function readDocument(file: string): Promise<Document> {
  const text = await readFile(path.join(repository, file), "utf8");
  return { file, text, blocks: findBlocks(file, text) };
}

function findBlocks(file: string, text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const [, indent, language] = /^( *)```(.*)$/.exec(lines[at] ?? "") ?? [];
    if (indent === undefined) continue;
    const end = lines.indexOf(`${indent}\`\`\``, at + 1);
    const body = lines.slice(at + 1, end < 0 ? undefined : end);
    blocks.push({ file, line: at + 2, language: language ?? "", text: `${body.join("\n")}\n` });
    at = end < 0 ? lines.length : end;
  }
  return blocks;
}

/**
 * The commands of a block of shell, as words: lines that end in `\` are joined, what stands behind
 * ` #` is a comment, `&&` and `|` begin the next command, and quotes keep words together.
 */
export function readCommands(text: string): string[][] {
  const lines = text.replaceAll(/\\\n\s*/g, " ").split("\n")
    .map((line) => line.replace(/(^|\s)#\s.*$/, ""));
  return lines.flatMap((line) => line.split(/&&|\|/)).map(splitWords)
    .filter((words) => words.length > 0);
}

function splitWords(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)]
    .map(([word]) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, "$1$2"));
}
