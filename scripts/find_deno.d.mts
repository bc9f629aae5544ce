/** The path of the Deno binary that npm installed; undefined where there is none. */
export function findDeno(): string | undefined;
