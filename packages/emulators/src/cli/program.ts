import { ConfigError } from "./config-error.ts";
import { USAGE, readSettings } from "./settings.ts";
import { startEmulators } from "./start-emulators.ts";

/** Sent to a parent process that opened a channel to this one, once the emulators are listening. */
const STARTED = "started";

/**
 * Runs the emulators that the command line asks for until SIGTERM or SIGINT, or prints the usage; then ends the process.
 * What a person can fix ends it with exit code 1 and one sentence instead of a stack.
 */
export async function runStandalone(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  // Before the start, so that a signal that arrives during it stops the emulators afterwards instead of killing them.
  const toldToStop = whenToldToStop();
  // A reader that has gone away must not end the process before it has stopped properly.
  process.stdout.on("error", () => undefined);
  try {
    const settings = await readSettings(args, environment);
    if (settings) {
      const emulators = await startEmulators(settings);
      process.send?.(STARTED);
      await toldToStop;
      await emulators.stop();
    } else process.stdout.write(USAGE);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  }
}

function whenToldToStop(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
    // The channel closes when the parent has gone.
    process.once("disconnect", () => resolve());
  });
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof ConfigError || isUsageError(error) ? error.message : (error.stack ?? error.message);
}

/** parseArgs rejected the command line. */
const isUsageError = (error: Error): boolean => "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
