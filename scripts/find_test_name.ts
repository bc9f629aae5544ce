import { readFileSync } from "node:fs";

/**
 * Whether a file has a test of that name. A name that the file makes of parts (`a ${what} fails`)
 * has any text in their places.
 */
export function hasTest(file: string, name: string): boolean {
  const text = readOrEmpty(file);
  if (text.includes(JSON.stringify(name))) return true;
  return [...text.matchAll(/\btest\(\s*`([^`]*)`/g)]
    .some(([, template = ""]) => patternOf(template).test(name));
}

/** The text of a file; empty where there is none. */
export function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return "";
    throw error;
  }
}

function patternOf(template: string): RegExp {
  const parts = template.split(/\$\{[^}]*\}/)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".+")}$`);
}
