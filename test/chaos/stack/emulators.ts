import fs from "node:fs";
import path from "node:path";
import { COMPILE_CACHE } from "../../../services/local/compile-cache.ts";
import { freePort } from "../../harness/network/free-port.ts";
import type { RunFolder } from "../run-folder.ts";
import { queueFile } from "./chaos-queues.ts";
import { type Emulator, startEmulator } from "./emulator.ts";
import type { Processes } from "./process.ts";

const PROJECT = "chaos";
const LOCATION = "local";
const EMULATORS = path.resolve(import.meta.dirname, "../../../packages/emulators/src/cli/main.ts");

/** Variables of every program of the stack. */
export const COMMON = {
  GOOGLE_CLOUD_PROJECT: PROJECT,
  GOOGLE_CLOUD_LOCATION: LOCATION,
  WORKER_AUDIENCE: "chaos-worker",
  INVOKER_SERVICE_ACCOUNT: "invoker@chaos.iam.gserviceaccount.com",
  ...COMPILE_CACHE,
  METADATA_SERVER_DETECTION: "none",
};

/** The variables with the addresses of both emulators, or of a proxy in front of each, on this machine. */
export function addressesOf(ports: { readonly firestore: number; readonly tasks: number }) {
  return {
    FIRESTORE_EMULATOR_HOST: `127.0.0.1:${ports.firestore}`,
    CLOUD_TASKS_EMULATOR_HOST: `127.0.0.1:${ports.tasks}`,
  };
}

/** Both emulators, each in a process of its own. */
export interface Emulators {
  readonly tasks: Emulator;
  readonly firestore: Emulator;
  readonly tasksPort: number;
  readonly firestorePort: number;
}

/** Starts both emulators with the chaos queues; they keep their data in the folder. */
export async function startEmulators(folder: RunFolder, processes: Processes, seed: number): Promise<Emulators> {
  fs.writeFileSync(folder.queues, queueFile());
  const [tasksPort, firestorePort] = [await freePort(), await freePort()];
  const [tasks, firestore] = await Promise.all([
    startEmulator(processes, { name: "cloud-tasks", port: tasksPort, args: tasksArgs(folder, tasksPort, seed) }),
    startEmulator(processes, { name: "firestore", port: firestorePort, args: firestoreArgs(folder, firestorePort) }),
  ]);
  return { tasks, firestore, tasksPort, firestorePort };
}

function tasksArgs(folder: RunFolder, port: number, seed: number): string[] {
  const where = ["--only", "cloud-tasks", "--port", String(port), "--data", folder.tasksData];
  const what = ["--queues", folder.queues, "--project", PROJECT, "--location", LOCATION, "--fault-seed", String(seed)];
  return [EMULATORS, ...where, ...what];
}

/** The checker reads every commit. */
function firestoreArgs(folder: RunFolder, port: number): string[] {
  const where = ["--only", "firestore", "--firestore-port", String(port), "--data", folder.firestoreData];
  return [EMULATORS, ...where, "--keep-all"];
}
