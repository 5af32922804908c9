import type { EmulatorLog } from "../../../../packages/emulators/src/kernel/emulator-log.ts";

/** What an emulator logs when its journal has been compacted. */
export const COMPACTED = "compacted the journal";

/** An emulator with a journal. */
export interface StoredEmulator {
  /** Writes a journal with so many entries, all of them in its snapshot. */
  fill(dataDir: string, count: number): Promise<void>;
  start(dataDir: string, log: EmulatorLog): Promise<RunningEmulator>;
}

/** It, and its client. */
export interface RunningEmulator {
  /** A call that stores little. */
  readonly call: (n: number) => Promise<void>;
  stop(): Promise<void>;
}
