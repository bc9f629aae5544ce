import type { DatasetName } from "../dataset/datasets.ts";
import type { ConditionOperator } from "./condition_operator.ts";
import type { ScheduleConfig } from "./model.ts";
import type { SegmentTestConfig } from "./model_test_case.ts";

/**
 * One comparison of one column. `operator` is a key of `conditionOperators` (condition_operator.ts)
 * and `value` has the shape that the table there states for it.
 */
export interface ConditionConfig {
  readonly column: string;
  readonly operator: ConditionOperator;
  readonly value: unknown;
  /** Text is compared without regard to case. */
  readonly ignoreCase: boolean;
  /** `config/perigee.yaml:12:9`, for messages about this condition. */
  readonly place: string;
}

export interface CountConfig {
  readonly operator: "=" | "<>" | "<" | "<=" | ">" | ">=" | "between";
  readonly value: number | readonly [number, number];
}

/** The declarative tree of a segment. Conditions of one leaf hold on the same row. */
export type SegmentNode =
  | { readonly kind: "all" | "any" | "none"; readonly nodes: readonly SegmentNode[] }
  | {
    readonly kind: "source";
    readonly source: string;
    readonly conditions: readonly ConditionConfig[];
    readonly count: CountConfig | undefined;
    readonly place: string;
  }
  | {
    readonly kind: "contact";
    readonly conditions: readonly ConditionConfig[];
    readonly place: string;
  }
  | {
    readonly kind: "dataset";
    readonly dataset: DatasetName;
    readonly conditions: readonly ConditionConfig[];
    readonly count: CountConfig | undefined;
    readonly sum: { readonly column: string; readonly compare: CountConfig } | undefined;
    readonly place: string;
  }
  | { readonly kind: "segment"; readonly segment: string; readonly place: string }
  | {
    readonly kind: "sql";
    readonly connector: string;
    readonly sql: string;
    readonly place: string;
  };

export interface SegmentConfig {
  readonly name: string;
  readonly id: number;
  readonly timezone: string;
  readonly where: SegmentNode;
  readonly exclude: SegmentNode | undefined;
  readonly schedule: ScheduleConfig;
  /** Channel on the connectors of the segment's sources whose NOTIFY re-evaluates it. */
  readonly listen: string | undefined;
  readonly debounceMs: number;
  readonly maxStalenessMs: number | undefined;
  readonly tests: readonly SegmentTestConfig[];
}
