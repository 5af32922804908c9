import { ConfigError } from "./config-error.ts";

/** What a program tells a parent that started it with a channel, once it has started. */
export const STARTED = "started";

/** A program that runs until it is told to stop. */
export interface RunningProgram {
  stop(): Promise<void>;
}

/**
 * Runs a program: starts it, stops it on SIGTERM or SIGINT, and ends the process. What people get wrong (configuration,
 * a port in use) ends it with exit code 1 and a sentence instead of a stack.
 *
 * @param options.portVariable the variable to name when the port is taken.
 */
export async function runProgram(options: {
  start: () => Promise<RunningProgram>;
  portVariable: string;
}): Promise<void> {
  // Before the start, so that a signal that comes during it stops the program after it instead of killing it.
  const toldToStop = whenToldToStop();
  try {
    const running = await options.start();
    process.send?.(STARTED);
    await toldToStop;
    await running.stop();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${explainFailure(error, options.portVariable)}\n`);
    process.exit(1);
  }
}

function whenToldToStop(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
    // A parent that started this program with a channel has gone when the channel closes.
    process.once("disconnect", () => resolve());
  });
}

/** What to tell a person about a failed start: a sentence for what people get wrong, a stack for everything else. */
export function explainFailure(error: unknown, portVariable?: string): string {
  if (error instanceof ConfigError || isUsageError(error)) return error.message;
  if (isPortInUse(error) && portVariable) return `Port ${error.port} is in use. Set ${portVariable} to a free one.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** An option on the command line that there is not. */
function isUsageError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}

function isPortInUse(error: unknown): error is Error & { port: number } {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE" && "port" in error;
}
