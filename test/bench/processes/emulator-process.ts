import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { googlesFirestoreCommand } from "../../../packages/emulators/src/firestore/googles-firestore.ts";
import { freePort } from "../../harness/network/free-port.ts";
import { type GrpcConnection, openGrpcConnection } from "./grpc-connection.ts";
import { createCloudTasksCaller, createFirestoreCaller } from "./grpc-service.ts";
import { passedOn } from "./passed-on.ts";

/** An emulator that can run as its own process. */
export interface EmulatorProgram {
  readonly command: (port: number) => readonly [executable: string, ...args: string[]];
  /** The variable that holds its address, if the command line doesn't. */
  readonly addressVariable?: string;
  /** Any call: once it is answered, the emulator is up. */
  readonly firstCall: (connection: GrpcConnection) => Promise<unknown>;
}

/** A running emulator. */
export interface EmulatorProcess {
  readonly address: string;
  readonly pid: number;
  /** From the start of the process to the response to the first call. */
  readonly answeredAfterMs: number;
  stop(): Promise<void>;
}

const SOURCES = path.join(PROJECT_DIR, "packages/emulators/bin/handoff-emulator.mjs");

/** The available emulators: ours from a main module, by default from the sources; Google's from its jar. */
export function emulatorPrograms(main = SOURCES) {
  const ourProgram = (name: string): readonly [string, ...string[]] => [process.execPath, main, "--only", name];
  const callFirestore = createFirestoreCaller();
  const callCloudTasks = createCloudTasksCaller();
  const firstCloudTasksCall = (connection: GrpcConnection) =>
    callCloudTasks(connection, "ListQueues", { parent: "projects/first/locations/local" });
  const firstFirestoreCall = (connection: GrpcConnection) =>
    callFirestore(connection, "Commit", { database: "projects/first/databases/(default)" });
  return {
    ourCloudTasks: {
      command: () => ourProgram("cloud-tasks"),
      addressVariable: "CLOUD_TASKS_EMULATOR_HOST",
      firstCall: firstCloudTasksCall,
    },
    ourFirestore: {
      command: () => ourProgram("firestore"),
      addressVariable: "FIRESTORE_EMULATOR_HOST",
      firstCall: firstFirestoreCall,
    },
    /** Both of ours in one process; the address is that of Cloud Tasks. */
    ours: (firestorePort: string) => ({
      command: (port) => [process.execPath, main, "--port", `${port}`, "--firestore-port", firestorePort],
      firstCall: firstCloudTasksCall,
    }),
    googlesFirestore: (jar: string) => ({
      command: (port) => googlesFirestoreCommand(jar, { host: "127.0.0.1", port }),
      firstCall: firstFirestoreCall,
    }),
  } satisfies Record<string, EmulatorProgram | ((portOrJar: string) => EmulatorProgram)>;
}

/**
 * Prints the process id of the command that it runs, and stops it when its input ends, as it does with this process.
 */
const TIED_TO_US = '"$@" >/dev/null & command=$!; echo $command; read -r _; kill $command; wait $command';

/** Starts an emulator, which keeps its data in memory, and resolves when it has answered its first call. */
export async function startEmulatorProcess(program: EmulatorProgram): Promise<EmulatorProcess> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const startedMs = performance.now();
  const shell = spawn("sh", ["-c", TIED_TO_US, "sh", ...program.command(port)], {
    stdio: ["pipe", "pipe", "ignore"],
    env: {
      ...passedOn(),
      LOG_LEVEL: "error",
      ...(program.addressVariable === undefined ? {} : { [program.addressVariable]: address }),
    },
  });
  const ended = once(shell, "exit");
  const stop = async (): Promise<void> => {
    shell.stdin.end();
    await ended;
  };
  try {
    const pid = await pidFrom(shell);
    await firstAnswer(program, address);
    return { address, pid, answeredAfterMs: performance.now() - startedMs, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function pidFrom(shell: ChildProcess): Promise<number> {
  if (!shell.stdout) throw new Error("The shell has no output.");
  for await (const line of createInterface({ input: shell.stdout })) return Number(line);
  throw new Error("The shell said nothing.");
}

const POLL_MS = 2;
const MAX_START_MS = 30_000;

async function firstAnswer({ firstCall }: EmulatorProgram, address: string): Promise<void> {
  const givesUpAtMs = performance.now() + MAX_START_MS;
  for (;;) {
    try {
      const connection = await openGrpcConnection(address);
      await firstCall(connection);
      await connection.close();
      return;
    } catch (error) {
      if (performance.now() > givesUpAtMs) throw new Error("The emulator does not answer.", { cause: error });
      await setTimeout(POLL_MS);
    }
  }
}
