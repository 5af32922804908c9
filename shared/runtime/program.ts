import { ConfigError } from "./config-error.ts";

/** The message that a program sends, once it has started, to a parent that opened a channel to it. */
export const STARTED = "started";

/** A program that runs until it is told to stop. */
export interface RunningProgram {
  stop(): Promise<void>;
}

/**
 * Runs a program: starts it, stops it on SIGTERM or SIGINT, and ends the process. A mistake that a person can fix
 * (in the configuration, or a port in use) ends it with exit code 1 and a sentence instead of a stack trace.
 *
 * @param options.portVariable the variable to name if the port is taken.
 */
export async function runProgram(options: {
  start: () => Promise<RunningProgram>;
  portVariable: string;
}): Promise<void> {
  // Before the start, so that a signal that arrives during it stops the program afterwards instead of killing it.
  const stopRequested = whenStopRequested();
  try {
    const running = await options.start();
    process.send?.(STARTED);
    await stopRequested;
    await running.stop();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${explainFailure(error, options.portVariable)}\n`);
    process.exit(1);
  }
}

function whenStopRequested(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
    // If a parent opened a channel to this program, the channel closes when the parent has gone.
    process.once("disconnect", () => resolve());
  });
}

/** What to tell a person about a failed start: a sentence for a mistake of theirs, a stack trace for anything else. */
export function explainFailure(error: unknown, portVariable?: string): string {
  if (error instanceof ConfigError || isUsageError(error)) return error.message;
  if (isPortInUse(error) && portVariable) return `Port ${error.port} is in use. Set ${portVariable} to a free one.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** An unknown option on the command line. */
function isUsageError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}

function isPortInUse(error: unknown): error is Error & { port: number } {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE" && "port" in error;
}
