import process from "node:process";

/** Whether `--only a,b` names this part of an area; without `--only` all of them are wanted. */
export function isWanted(part: string): boolean {
  const at = process.argv.indexOf("--only");
  return at < 0 || (process.argv[at + 1] ?? "").split(",").includes(part);
}
