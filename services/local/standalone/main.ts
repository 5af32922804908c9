import { runProgram } from "../../../shared/run-program.ts";
import { USAGE, readSettings } from "./settings.ts";
import { startEmulators } from "./start-emulators.ts";

await runProgram({
  portVariable: "CLOUD_TASKS_EMULATOR_HOST",
  async start() {
    const settings = readSettings(process.argv.slice(2), process.env);
    if (settings) return await startEmulators(settings);
    process.stdout.write(USAGE);
    process.exit(0);
  },
});
