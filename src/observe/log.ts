import process from "node:process";
import pino from "pino";
import pretty from "pino-pretty";
import { PerigeeError } from "../error.ts";
import { describeObservation, type LogLevel } from "./describe_observation.ts";
import type { Observation, Observe } from "./observation.ts";
import { makeRedactor } from "./redact.ts";

/** How the log looks and what it must not show. */
export interface LogOptions {
  /** Plain words in colour instead of JSON. */
  readonly isTerminal: boolean;
  /** Every secret of the configuration; a function where a reload may change them. */
  readonly secrets: readonly string[] | (() => readonly string[]);
  /** The least that is logged; `info` where absent. */
  readonly level?: LogLevel;
  /** Takes whole lines; standard output where absent. */
  readonly write?: (text: string) => void;
}

/**
 * Opens the log: each observation becomes one line of JSON (`time`, `level`, `kind`, the
 * observation's own fields, `msg`), or on a terminal one line of plain words. Lines that the reader
 * of standard output does not take yet are kept in memory; a reader that goes away ends nothing.
 */
export function openLog(options: LogOptions): Observe {
  const write = options.write ?? openStandardOutput();
  const level = options.level ?? "info";
  const redact = makeCurrentRedactor(options.secrets);
  const logger = pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  }, options.isTerminal ? makePrettyStream(write) : { write });
  return (observation) => {
    const line = describeObservation(observation);
    if (!logger.isLevelEnabled(line.level)) return;
    logger[line.level](redact(fieldsOf(observation)), redact(line.text));
  };
}

/** Is this one of the levels, such as the value of PERIGEE_LOG_LEVEL? */
export function isLogLevel(text: string | undefined): text is LogLevel {
  return text === "debug" || text === "info" || text === "warn" || text === "error";
}

function openStandardOutput(): (text: string) => void {
  // Without it an EPIPE, as of `perigee start | head`, would end the daemon as an uncaught error.
  process.stdout.on("error", () => undefined);
  return (text) => void process.stdout.write(text);
}

function makeCurrentRedactor(secrets: LogOptions["secrets"]): <T>(value: T) => T {
  if (typeof secrets !== "function") return makeRedactor(secrets);
  let known: readonly string[] | undefined;
  let redactor = makeRedactor([]);
  return (value) => {
    const current = secrets();
    const isSame = current.length === known?.length &&
      current.every((secret, index) => secret === known?.[index]);
    if (!isSame) [known, redactor] = [current, makeRedactor(current)];
    return redactor(value);
  };
}

/** A stream in this thread, never a pino transport: those are workers, which Deno has none of. */
function makePrettyStream(write: (text: string) => void): pino.DestinationStream {
  return pretty({
    colorize: true,
    hideObject: true,
    ignore: "name",
    translateTime: "SYS:HH:MM:ss",
    sync: true,
    destination: {
      write: (text: string) => (write(text), true),
      // What pino-pretty expects of a stream beside write.
      on: () => undefined,
      once: () => undefined,
      emit: () => false,
      end: () => undefined,
    } as unknown as NodeJS.WritableStream,
  }) as unknown as pino.DestinationStream;
}

function fieldsOf(observation: Observation): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(observation).map(([key, value]) => [
      key,
      value instanceof PerigeeError ? fieldsOfError(value) : value,
    ]),
  );
}

/** A fault of ours comes with where it arose; for the rest the code says what there is to know. */
function fieldsOfError(error: PerigeeError): Record<string, unknown> {
  const { code, kind, message, advice, sqlstate } = error;
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const stack = kind === "internal" ? cause?.stack ?? error.stack : undefined;
  return { code, kind, message, advice, sqlstate, stack };
}
