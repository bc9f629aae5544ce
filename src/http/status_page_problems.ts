import type { EntityHealth, HealthError } from "./health.ts";
import type { StatusModel } from "./status_page_model.ts";
import { formatAge } from "./status_page_words.ts";

/** Something that somebody should look at. */
export interface Problem {
  /** `export/shop`; empty where the daemon itself is meant. */
  readonly subject: string;
  readonly told: string;
  readonly code?: string | undefined;
  readonly advice?: string | undefined;
}

/** Everything that keeps the page from saying that everything works, the widest causes first. Pure. */
export function findProblems(model: StatusModel): Problem[] {
  const { report: { hub, connectors, config, entities, draining }, reasons, sinks, isPartial } =
    model;
  const problems: Problem[] = reasons.map((told) => ({ subject: "", told }));
  if (draining !== undefined) problems.push(fromError("", draining));
  if (config.refused !== undefined) problems.push(fromError("configuration", config.refused));
  if (hub.state === "down") problems.push(fromError("hub", hub.error));
  for (const { name, state, error } of connectors) {
    if (state === "down") problems.push(fromError(`connector/${name}`, error));
  }
  if (isPartial) {
    problems.push({ subject: "hub", told: "could not be read: what is empty below is not known" });
  }
  for (const entity of entities) problems.push(...findProblem(entity));
  for (const { name, dead } of sinks) {
    if (dead === 0) continue;
    const told = `gave up ${dead.toLocaleString("en")} ${dead === 1 ? "event" : "events"}`;
    const advice = `When the receiver works again: perigee replay --sink ${name}`;
    problems.push({ subject: `sink/${name}`, told, advice });
  }
  return problems;
}

function findProblem({ name, state, error, lastRun, freshness }: EntityHealth): Problem[] {
  if (state === "failing" || state === "broken") return [fromError(name, error ?? lastRun?.error)];
  if (state !== "stale") return [];
  const [age, limit] = [freshness?.ageSeconds ?? 0, freshness?.maxStalenessSeconds ?? 0];
  const told = `last succeeded ${formatAge(age)} ago; its max_staleness is ${formatAge(limit)}`;
  return [{ subject: name, told }];
}

function fromError(subject: string, error: HealthError | undefined): Problem {
  const { message = "does not work", code, advice } = error ?? {};
  return { subject, told: message, code, advice };
}
