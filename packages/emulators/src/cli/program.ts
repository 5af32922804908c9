import { runProgram } from "../../../../shared/runtime/program.ts";
import { USAGE, readSettings } from "./settings.ts";
import { startEmulators } from "./start-emulators.ts";

/** Runs the emulators that the command line asks for, until SIGTERM or SIGINT; or prints what can be asked for. */
export async function runStandalone(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  await runProgram({
    portVariable: "CLOUD_TASKS_EMULATOR_HOST",
    async start() {
      const settings = await readSettings(args, environment);
      if (settings) return await startEmulators(settings);
      process.stdout.write(USAGE);
      process.exit(0);
    },
  });
}
