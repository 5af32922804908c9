import { z } from "zod";
import { ConfigError, hostAndPortVariable, logLevelVariable, readConfig } from "../../../shared/config.ts";
import { type OwnOptions, runEmulator } from "../run-emulator.ts";
import { CONCURRENCY_MODES, type ConcurrencyMode } from "./concurrency.ts";
import { startFirestoreEmulator } from "./emulator.ts";

const variables = z.object({
  FIRESTORE_EMULATOR_HOST: hostAndPortVariable.default({ host: "127.0.0.1", port: 8090 }),
  LOG_LEVEL: logLevelVariable,
});

/** Runs the emulator as a program: see `runEmulator`; `--concurrency` as in `FirestoreEmulatorOptions`. */
export function runFirestoreProgram(environment: NodeJS.ProcessEnv): Promise<void> {
  return runEmulator({
    service: "firestore",
    hostVariable: "FIRESTORE_EMULATOR_HOST",
    readSettings() {
      const config = readConfig(variables, environment);
      return { address: config.FIRESTORE_EMULATOR_HOST, level: config.LOG_LEVEL };
    },
    ownOptions: { concurrency: { type: "string" } },
    start: (options, own) => startFirestoreEmulator({ ...options, concurrency: concurrencyOf(own) }),
  });
}

function concurrencyOf({ concurrency = "pessimistic" }: OwnOptions): ConcurrencyMode {
  const mode = CONCURRENCY_MODES.find((known) => known === concurrency);
  if (!mode) throw new ConfigError(`--concurrency is ${CONCURRENCY_MODES.join(" or ")}.`);
  return mode;
}
