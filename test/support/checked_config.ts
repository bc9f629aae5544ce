import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { checkConfig, type CheckOptions } from "../../src/check/check.ts";
import type { CheckStep } from "../../src/check/check_step.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/model.ts";
import type { Scope } from "./database.ts";

/** A configuration in a folder of its own. */
export interface WrittenConfig {
  readonly folder: string;
  readonly config: Config;
}

/** Writes `yaml` to a folder that goes with the scope, and loads it. Throws its problems. */
export async function writeConfig(scope: Scope, yaml: string): Promise<WrittenConfig> {
  const folder = await mkdtemp(path.join(tmpdir(), "perigee-config-"));
  scope.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(path.join(folder, "perigee.yaml"), yaml);
  const loaded = await loadConfig(folder, { env: {} });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join("; "));
  return { folder, config: loaded.config };
}

/** Everything that `checkConfig` says of a configuration. */
export async function checkYaml(
  scope: Scope,
  yaml: string,
  options: CheckOptions = {},
): Promise<CheckStep[]> {
  const { config } = await writeConfig(scope, yaml);
  const steps: CheckStep[] = [];
  for await (const step of checkConfig(config, options)) steps.push(step);
  return steps;
}

/** The steps that are not ok, as `subject: step state`, for a glance. */
export function troubles(steps: readonly CheckStep[]): string[] {
  return steps.filter(({ state }) => state !== "ok")
    .map(({ subject, step, state }) => `${subject}: ${step} ${state}`);
}

/** The one step of that subject and name. */
export function requireStep(
  steps: readonly CheckStep[],
  subject: string,
  step: string,
): CheckStep {
  const found = steps.filter((each) => each.subject === subject && each.step === step);
  if (found[0] !== undefined && found.length === 1) return found[0];
  const all = steps.map((each) => `${each.subject} ${each.step} ${each.state}`).join("; ");
  throw new Error(`${subject} has ${found.length} steps ${step}; all: ${all}`);
}
