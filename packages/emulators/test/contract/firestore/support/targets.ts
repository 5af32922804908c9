import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { startFirestoreEmulator } from "../../../../src/firestore/emulator.ts";
import {
  GOOGLES_FIRESTORE_LISTENS,
  findGooglesFirestore,
  googlesFirestoreCommand,
} from "../../../../src/firestore/googles-firestore.ts";
import { freePort } from "../../../support/free-port.ts";

/** A running emulator. */
export interface Running {
  /** `host:port`, for gRPC and HTTP. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Google's emulator, or null where it is not installed. Asking gcloud takes a second, so it is asked once. */
export const GOOGLES_JAR = findGooglesFirestore();

/** An emulator that the contract is tested on. */
export interface Target {
  readonly name: string;
  /** How many contenders the contention cases may have. */
  readonly contenders: number;
  start(): Promise<Running>;
}

export const ours: Target = {
  name: "our emulator",
  contenders: 50,
  async start() {
    const emulator = await startFirestoreEmulator();
    return { address: `${emulator.host}:${emulator.port}`, stop: () => emulator.stop() };
  },
};

/** With optimistic transactions one of the contenders succeeds at a time, so they need many attempts. */
export const oursOptimistic: Target = {
  name: "our emulator in its optimistic mode",
  contenders: 6,
  async start() {
    const emulator = await startFirestoreEmulator({ concurrency: "optimistic" });
    return { address: `${emulator.host}:${emulator.port}`, stop: () => emulator.stop() };
  },
};

/** Google's emulator doesn't detect deadlocks: a blocked transaction is aborted after 2 s, so they need many attempts. */
export const googles: Target = {
  name: "Google's emulator",
  contenders: 6,
  start: startGoogles,
};

/** Runs a command that ends when this process does, however it ends: its standard input is then closed. */
const TIED_TO_US = '"$@" & command=$!; read -r _; kill -9 $command';

async function startGoogles(): Promise<Running> {
  if (GOOGLES_JAR === null) throw new Error("Google's emulator is not installed.");
  const port = await freePort();
  const command = googlesFirestoreCommand(GOOGLES_JAR, { host: "127.0.0.1", port });
  const shell = spawn("sh", ["-c", TIED_TO_US, "sh", ...command], { stdio: ["pipe", "pipe", "ignore"] });
  const stop = async (): Promise<void> => {
    const ended = once(shell, "exit");
    shell.stdin.end();
    await ended;
  };
  for await (const line of createInterface({ input: shell.stdout })) {
    if (!GOOGLES_FIRESTORE_LISTENS.test(line)) continue;
    shell.stdout.resume();
    return { address: `127.0.0.1:${port}`, stop };
  }
  throw new Error("Google's emulator ended before it was up.");
}
