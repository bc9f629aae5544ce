import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { openSource, type SourceFile } from "./place.ts";
import type { Finding } from "./problem.ts";
import { fileFailure, readText } from "./read_text.ts";

/** Largest YAML file; a configuration of a thousand segments stays below 1 MB. */
const maxFileBytes = 4 << 20;
/** More files are a wrong folder, not a configuration. */
const maxFiles = 500;

/** The files of a configuration folder in name order, and what was wrong with reading them. */
export interface ConfigFolder {
  readonly sources: readonly SourceFile[];
  /** Absolute paths of all files that were found, readable or not. */
  readonly files: readonly string[];
  readonly findings: readonly Finding[];
}

function none(folder: string, message: string): ConfigFolder {
  return { sources: [], files: [], findings: [{ code: "PG107", place: folder, message }] };
}

/**
 * Reads `*.yaml` and `*.yml` of a folder, not of folders below it. Hidden names are left out, so
 * that a mounted ConfigMap (whose real files lie under `..data`) is read once.
 */
export function readFolder(folder: string): ConfigFolder {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /^[^.].*\.ya?ml$/.test(name)).sort();
  } catch (error) {
    return none(folder, `The configuration folder ${folder} ${fileFailure(error)}.`);
  }
  if (names.length === 0) {
    return none(folder, `The folder ${folder} holds no *.yaml or *.yml file.`);
  }
  if (names.length > maxFiles) {
    return none(folder, `The folder ${folder} holds more than ${maxFiles} YAML files.`);
  }
  const sources: SourceFile[] = [];
  const findings: Finding[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const read = readText(path, maxFileBytes);
    if (read.reason === undefined) sources.push(openSource(path, resolve(folder), read.text));
    else findings.push({ code: "PG102", place: path, message: `The file ${read.reason}.` });
  }
  return { sources, files: names.map((name) => resolve(folder, name)), findings };
}
