import { z } from "zod";
import { hostAndPortVariable, logLevelVariable, readConfig } from "../../../shared/config.ts";
import { runEmulator } from "../run-emulator.ts";
import { startCloudTasksEmulator } from "./emulator.ts";
import { keepHeapSmall } from "./small-heap.ts";

const variables = z.object({
  CLOUD_TASKS_EMULATOR_HOST: hostAndPortVariable.default({ host: "127.0.0.1", port: 8123 }),
  LOG_LEVEL: logLevelVariable,
});

/** Runs the emulator as a program: see `runEmulator`. */
export function runCloudTasksProgram(environment: NodeJS.ProcessEnv): Promise<void> {
  return runEmulator({
    service: "cloud-tasks",
    hostVariable: "CLOUD_TASKS_EMULATOR_HOST",
    readSettings() {
      const config = readConfig(variables, environment);
      return { address: config.CLOUD_TASKS_EMULATOR_HOST, level: config.LOG_LEVEL };
    },
    start(options) {
      keepHeapSmall();
      return startCloudTasksEmulator(options);
    },
  });
}
