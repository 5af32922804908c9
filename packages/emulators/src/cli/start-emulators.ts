import { type Clock, systemClock } from "../kernel/clock.ts";
import type { EmulatorLog } from "../kernel/emulator-log.ts";
import { DataFolderError } from "../kernel/journal/data-folder-error.ts";
import { NotStoredError } from "../kernel/journal/not-stored-error.ts";
import { VirtualClock } from "../kernel/virtual-clock.ts";
import { ConfigError } from "./config-error.ts";
import { createLineWriter } from "./line-writer.ts";
import { createLog } from "./log.ts";
import type { EmulatorName, StandaloneSettings } from "./settings.ts";

interface Running {
  readonly host: string;
  readonly port: number;
  stop(): Promise<void>;
}

const HOST_VARIABLES = {
  "cloud-tasks": "--port or CLOUD_TASKS_EMULATOR_HOST",
  firestore: "--firestore-port or FIRESTORE_EMULATOR_HOST",
};

/**
 * Starts the emulators in one process and on one clock.
 *
 * @throws ConfigError with a message for people when the settings can't be used.
 */
export async function startEmulators(settings: StandaloneSettings): Promise<{ stop(): Promise<void> }> {
  const clock = settings.virtualClock ? new VirtualClock() : systemClock;
  const running: Running[] = [];
  const write = createLineWriter(process.stdout);
  for (const name of settings.emulators) {
    const log = createLog({ service: name, level: settings.level, readable: process.stdout.isTTY, write });
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
  readonly clock: Clock;
  readonly log: EmulatorLog;
}

/** An emulator's code is loaded only if it runs. */
const START: Readonly<Record<EmulatorName, (start: Start) => Promise<Running>>> = {
  async "cloud-tasks"({ settings, clock, log }) {
    const { startServing } = await import("../cloud-tasks/start-emulator.ts");
    const { keepHeapSmall } = await import("../kernel/small-heap.ts");
    keepHeapSmall();
    const {
      addresses,
      emulators: _names,
      level: _level,
      virtualClock: _virtual,
      concurrency: _,
      keepAll: _all,
      ...options
    } = settings;
    return await startServing({ ...options, ...addresses["cloud-tasks"], clock, log });
  },
  async firestore({ settings, clock, log }) {
    const { startFirestoreEmulator } = await import("../firestore/emulator.ts");
    const { addresses, allowHosts, dataDir, fresh, keepAll, faultSeed, concurrency } = settings;
    return await startFirestoreEmulator({
      ...addresses.firestore,
      allowHosts,
      ...(dataDir === undefined ? {} : { dataDir, fresh, keepAll }),
      ...(faultSeed === undefined ? {} : { faultSeed }),
      concurrency,
      clock,
      log,
    });
  },
};

/** What a person can fix gets a sentence instead of a stack. */
async function explain<Result>(name: EmulatorName, start: () => Promise<Result>): Promise<Result> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = "code" in error ? error.code : undefined;
    if (error instanceof DataFolderError || error instanceof NotStoredError || code === "INVALID_QUEUE") {
      throw new ConfigError(error.message, { cause: error });
    }
    if (code !== "EADDRINUSE" || !("port" in error)) throw error;
    const message = `Port ${String(error.port)} is in use. Set ${HOST_VARIABLES[name]} to a free one.`;
    throw new ConfigError(message, { cause: error });
  }
}
