import { ConfigError } from "./config-error.ts";
import { FAULT_MESSAGE, type Fault, faultFields, watchFaults } from "../process/faults.ts";
import type { Logger } from "./log.ts";
import { isError, propertyOf, textOf } from "../process/thrown.ts";

/** The message that a program sends after it has started, if its parent opened a channel to it. */
export const STARTED = "started";

/**
 * The longest that stopping may take after the request, in milliseconds. Cloud Run kills an instance 10 s after SIGTERM
 * (https://cloud.google.com/run/docs/container-contract#instance-shutdown).
 */
const STOP_LIMIT_MS = 9_500;

/** The part of that time that is reserved for the last log line, in milliseconds. */
const FAREWELL_MS = 100;

/** A repeating fault must not fill the log while the program stops. */
const MAX_REPORTED_FAULTS = 100;

/** The exit code shows why a program stopped, not how well. */
const EXIT_CODE = { asked: 0, fault: 1 } as const;
type StopReason = keyof typeof EXIT_CODE;

/** A program that runs until it is told to stop. */
export interface RunningProgram {
  readonly log: Logger;
  /**
   * Stops the program. After `STOP_LIMIT_MS` the process ends, even with work left.
   *
   * @param leftMs returns how much of that time is left, in milliseconds.
   */
  stop(leftMs: () => number): Promise<void>;
  /** Reports a fault, in the fault's async context. Default: a line in the log. */
  reportFault?(fault: Fault): void;
}

/**
 * Starts a program, stops it on SIGTERM, SIGINT or a fault, and ends the process. The exit code is 0 if it was asked to
 * stop, even if work was abandoned, and 1 after a fault. A mistake that a person can fix (in the configuration, or a
 * port in use) ends it with 1 and a sentence instead of a stack trace.
 *
 * @param options.portVariable the variable to name if the port is taken.
 */
export async function runProgram(options: {
  start: () => Promise<RunningProgram>;
  portVariable: string;
}): Promise<void> {
  // Before the start, so that a signal during the start stops the program afterwards instead of killing it.
  const life = watchProcess();
  try {
    const running = await options.start();
    life.started(running);
    process.send?.(STARTED);
    const { leftMs } = await life.stopRequested;
    await running.stop(leftMs);
    life.exit();
  } catch (error) {
    process.stderr.write(`${explainFailure(error, options.portVariable)}\n`);
    process.exit(1);
  }
}

/** Watches for what can end a process: signals, a parent that exits, faults, and the time limit on stopping. */
function watchProcess() {
  const { promise: stopRequested, resolve } = Promise.withResolvers<{ leftMs: () => number }>();
  let reason: StopReason | undefined;
  let running: RunningProgram | undefined;
  let faults = 0;
  const early: Fault[] = [];
  const exit = (): void => process.exit(EXIT_CODE[reason ?? "asked"]);

  const requestStop = (why: StopReason): void => {
    if (reason) return;
    reason = why;
    const untilMs = performance.now() + STOP_LIMIT_MS - FAREWELL_MS;
    setTimeout(() => {
      running?.log.warn({}, "stopping took too long; what is left is given up");
      exit();
    }, STOP_LIMIT_MS);
    resolve({ leftMs: () => Math.max(0, untilMs - performance.now()) });
  };
  const onFault = (fault: Fault): void => {
    if (++faults <= MAX_REPORTED_FAULTS) {
      if (running) report(fault, running);
      else early.push(fault);
    }
    requestStop("fault");
  };

  // Not `once`: a second signal would otherwise kill the process while it drains.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => requestStop("asked"));
  // If the parent opened a channel to this program, the channel closes when the parent exits.
  process.once("disconnect", () => requestStop("asked"));
  watchFaults(onFault);
  return {
    stopRequested,
    exit,
    started(program: RunningProgram) {
      running = program;
      for (const fault of early) report(fault, program);
    },
  };
}

/** An error while reporting a fault must not become the next fault. */
function report(fault: Fault, running: RunningProgram): void {
  try {
    if (running.reportFault) running.reportFault(fault);
    else running.log.error(faultFields(fault), FAULT_MESSAGE[fault.kind]);
  } catch (error) {
    running.log.error({ reason: textOf(error) }, "a fault could not be reported");
  }
}

/** Explains a failed start: a sentence for a mistake that a person can fix, a stack trace for anything else. */
export function explainFailure(error: unknown, portVariable?: string): string {
  if (error instanceof ConfigError || isUsageError(error)) return error.message;
  if (isPortInUse(error) && portVariable) return `Port ${error.port} is in use. Set ${portVariable} to a free one.`;
  const stack = isError(error) ? propertyOf(error, "stack") : undefined;
  return typeof stack === "string" ? stack : textOf(error);
}

/** An unknown option on the command line. */
function isUsageError(error: unknown): error is Error {
  return isError(error) && String(propertyOf(error, "code")).startsWith("ERR_PARSE_ARGS");
}

function isPortInUse(error: unknown): error is Error & { port: number } {
  return isError(error) && propertyOf(error, "code") === "EADDRINUSE" && "port" in error;
}
