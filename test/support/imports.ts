import type { Counts } from "../../src/observe/observation.ts";
import type { ImportConfig, MappingConfig, MappingValue } from "../../src/config/model.ts";
import { runImport } from "../../src/import/run_import.ts";
import type { World } from "./world.ts";

/** A mapping of a column, or of a value, to a parameter. */
export function mapTo(
  target: string,
  value: string | MappingValue,
  more: Partial<MappingConfig> = {},
): MappingConfig {
  return {
    target,
    isAdditionalField: false,
    value: typeof value === "string" ? { kind: "column", column: value } : value,
    policy: "overwrite",
    nullOverwrites: false,
    ...more,
  };
}

/** A mapping to an additional field of contacts. */
export function mapToField(
  target: string,
  value: string | MappingValue,
  more: Partial<MappingConfig> = {},
): MappingConfig {
  return mapTo(target, value, { isAdditionalField: true, ...more });
}

/** A cast of a column. */
export function cast(column: string, type: string): MappingValue {
  return { kind: "cast", value: { kind: "column", column }, type };
}

/** Runs an import once; `isConfirmed` as the command line's `--confirm`. */
export function importOnce(
  world: World,
  config: ImportConfig,
  options: { readonly isConfirmed?: boolean; readonly signal?: AbortSignal } = {},
): Promise<Counts> {
  const { isConfirmed = false, signal } = options;
  return world.run(
    `import/${config.name}`,
    (context, deps) => runImport(config, context, { ...deps, isConfirmed }),
    signal === undefined ? {} : { signal },
  );
}

/** Those counts that are not 0. */
export function happened(counts: Counts): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

/** All contacts by address, with the columns that are asked for. */
export async function findAll(world: World, columns: string): Promise<Record<string, unknown>[]> {
  const rows = await world.hub.sql.unsafe(`select ${columns} from perigee.contacts order by email`);
  return rows.map((row) => ({ ...row }));
}
