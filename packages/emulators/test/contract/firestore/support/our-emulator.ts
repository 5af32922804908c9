import { onTestFinished } from "vitest";
import type { FirestoreEmulator, FirestoreEmulatorOptions } from "../../../../src/firestore/emulator-options.ts";
import { startFirestoreEmulator } from "../../../../src/firestore/emulator.ts";

/** Starts our emulator for one test. */
export async function startOurs(
  options: FirestoreEmulatorOptions = {},
): Promise<{ emulator: FirestoreEmulator; address: string; stop: () => Promise<void> }> {
  const emulator = await startFirestoreEmulator(options);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= emulator.stop());
  onTestFinished(stop);
  return { emulator, address: `${emulator.host}:${emulator.port}`, stop };
}
