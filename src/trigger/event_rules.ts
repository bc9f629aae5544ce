import type { Config, TriggerConfig } from "../config/model.ts";
import type { EventRules } from "../hub/trigger_events.ts";

/** What the events of a trigger are made of; its segment and sources are a checked configuration's. */
export function eventRules(trigger: TriggerConfig, config: Config): EventRules {
  const segment = config.segments.get(trigger.segment);
  if (segment === undefined) throw new Error(`there is no segment ${trigger.segment}`);
  return {
    segmentId: segment.id,
    sources: trigger.sources.map(({ source, whenEmpty }) => ({
      sourceId: config.sources.get(source)?.id ?? 0,
      isSkippedWhenEmpty: whenEmpty === "skip",
    })),
    sinks: trigger.sinks,
    isRemembered: trigger.repeat.kind !== "every_run" || trigger.enteringOnly,
  };
}
