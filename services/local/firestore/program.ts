import { z } from "zod";
import { hostAndPortVariable, logLevelVariable, readConfig } from "../../../shared/config.ts";
import { runEmulator } from "../run-emulator.ts";
import { startFirestoreEmulator } from "./emulator.ts";

const variables = z.object({
  FIRESTORE_EMULATOR_HOST: hostAndPortVariable.default({ host: "127.0.0.1", port: 8090 }),
  LOG_LEVEL: logLevelVariable,
});

/** Runs the emulator as a program: see `runEmulator`. */
export function runFirestoreProgram(environment: NodeJS.ProcessEnv): Promise<void> {
  return runEmulator({
    service: "firestore",
    hostVariable: "FIRESTORE_EMULATOR_HOST",
    readSettings() {
      const config = readConfig(variables, environment);
      return { address: config.FIRESTORE_EMULATOR_HOST, level: config.LOG_LEVEL };
    },
    start: startFirestoreEmulator,
  });
}
