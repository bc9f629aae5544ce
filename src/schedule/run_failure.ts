import { PerigeeError } from "../error.ts";
import { describeFailure } from "../postgres/failure.ts";
import type { ConnectionTarget } from "../postgres/target.ts";

/** The error that a run's record gets; parts describe their own, the rest is the hub's. */
export function describeRunFailure(
  error: unknown,
  name: string,
  hub: ConnectionTarget,
): PerigeeError {
  if (error instanceof PerigeeError) return error;
  return describeFailure(error, { doing: `run ${name}`, target: hub });
}
