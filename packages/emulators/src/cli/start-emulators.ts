import { systemClock } from "../../../../shared/runtime/clock.ts";
import { ConfigError } from "../../../../shared/runtime/config-error.ts";
import { type Logger, createLogger } from "../../../../shared/runtime/log.ts";
import type { RunningProgram } from "../../../../shared/runtime/program.ts";
import type { EmulatorClock } from "../kernel/emulator-clock.ts";
import { BrokenJournalError } from "../kernel/storage/journal.ts";
import { readableLine } from "../../../../services/local/log-line.ts";
import { VirtualClock } from "../kernel/virtual-clock.ts";
import type { EmulatorName, StandaloneSettings } from "./settings.ts";

/** An emulator that listens. */
type Running = RunningProgram & { readonly host: string; readonly port: number };

const HOST_VARIABLES = {
  "cloud-tasks": "--port or CLOUD_TASKS_EMULATOR_HOST",
  firestore: "--firestore-port or FIRESTORE_EMULATOR_HOST",
};

/**
 * Starts the emulators in one process, on one clock.
 *
 * @throws ConfigError with a sentence for what a person has to mend.
 */
export async function startEmulators(settings: StandaloneSettings): Promise<RunningProgram> {
  const clock = settings.virtualClock ? new VirtualClock() : systemClock;
  const running: Running[] = [];
  for (const name of settings.emulators) {
    const log = createLog(name, settings.level);
    const emulator = await explain(name, () => START[name]({ settings, clock, log }));
    running.push(emulator);
    const { host, port } = emulator;
    log.info({ host, port, dataDir: settings.dataDir }, "listening");
  }
  return {
    async stop() {
      await Promise.all(running.map((emulator) => emulator.stop()));
    },
  };
}

interface Start {
  readonly settings: StandaloneSettings;
  readonly clock: EmulatorClock;
  readonly log: Logger;
}

/** Each emulator's code is loaded only where it is run. */
const START: Readonly<Record<EmulatorName, (start: Start) => Promise<Running>>> = {
  async "cloud-tasks"({ settings, clock, log }) {
    const { startCloudTasksEmulator } = await import("../cloud-tasks/emulator.ts");
    const { keepHeapSmall } = await import("../kernel/small-heap.ts");
    keepHeapSmall();
    const {
      addresses,
      emulators: _names,
      level: _level,
      virtualClock: _virtual,
      concurrency: _,
      ...options
    } = settings;
    return await startCloudTasksEmulator({ ...options, ...addresses["cloud-tasks"], clock, log });
  },
  async firestore({ settings, clock, log }) {
    const { startFirestoreEmulator } = await import("../firestore/emulator.ts");
    const { addresses, dataDir, fresh, faultSeed, concurrency } = settings;
    return await startFirestoreEmulator({
      ...addresses.firestore,
      ...(dataDir === undefined ? {} : { dataDir, fresh }),
      ...(faultSeed === undefined ? {} : { faultSeed }),
      concurrency,
      clock,
      log,
    });
  },
};

/** Lines of JSON, or lines for a person where one looks on. */
function createLog(service: string, level: string): Logger {
  if (!process.stdout.isTTY) return createLogger({ service, level });
  const write = (line: string): void => void process.stdout.write(`${readableLine(service, line.trimEnd())}\n`);
  return createLogger({ service, level, destination: { write } });
}

/** What a person has to mend gets a sentence, not a stack. */
async function explain<Result>(name: EmulatorName, start: () => Promise<Result>): Promise<Result> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = "code" in error ? error.code : undefined;
    if (error instanceof BrokenJournalError || code === "INVALID_QUEUE") {
      throw new ConfigError(error.message, { cause: error });
    }
    if (code !== "EADDRINUSE" || !("port" in error)) throw error;
    const message = `Port ${String(error.port)} is in use. Set ${HOST_VARIABLES[name]} to a free one.`;
    throw new ConfigError(message, { cause: error });
  }
}
