/** One test that failed, with everything that there is to say about it. */
export interface Failure {
  readonly file: string;
  readonly name: string;
  readonly detail: string;
}

/** What a run of some files on one runtime came to. */
export interface Outcome {
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
}

/** Adds outcomes up. */
export function sumOutcomes(outcomes: readonly Outcome[]): Outcome {
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    skipped: outcomes.reduce((sum, { skipped }) => sum + skipped, 0),
    failures: outcomes.flatMap(({ failures }) => failures),
  };
}

/**
 * The outcome of a process that ended. One that failed without a failing test (it crashed, or a
 * file does not load) has one failure more, with what it printed.
 */
export function closeOutcome(
  counted: Outcome,
  ended: { exitCode: number; output: string },
  runtime: string,
): Outcome {
  if (ended.exitCode === 0 || counted.failures.length > 0) return counted;
  const crash = { file: runtime, name: `ended with ${ended.exitCode}`, detail: ended.output };
  return { ...counted, failures: [crash] };
}
