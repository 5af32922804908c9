import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import {
  type FirestoreEmulator,
  type FirestoreEmulatorOptions,
  startFirestoreEmulator,
} from "../../../../services/local/firestore/emulator.ts";

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

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "firestore-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}
