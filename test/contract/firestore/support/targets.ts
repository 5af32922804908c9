import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { startFirestoreEmulator } from "../../../../services/local/firestore/emulator.ts";

/** A running emulator. */
export interface Running {
  /** `host:port`, for gRPC and HTTP. */
  readonly address: string;
  stop(): Promise<void>;
}

/** An emulator that the contract is held against. */
export interface Target {
  readonly name: string;
  /** How hard the cases that contend may press it. */
  readonly contenders: number;
  readonly maxAttempts: number;
  start(): Promise<Running>;
}

export const ours: Target = {
  name: "our emulator",
  contenders: 50,
  maxAttempts: 5,
  async start() {
    const emulator = await startFirestoreEmulator();
    return { address: `${emulator.host}:${emulator.port}`, stop: () => emulator.stop() };
  },
};

/** Google's emulator has no deadlock detection: whoever is blocked waits 2 s and is then aborted, so it gets patience. */
export const googles: Target = {
  name: "Google's emulator",
  contenders: 6,
  maxAttempts: 30,
  start: startGoogles,
};

/** The jar of Google's emulator, or null when gcloud or Java is not installed. */
export function findGooglesJar(): string | null {
  const sdk = outputOf("gcloud", ["info", "--format=value(installation.sdk_root)"]);
  if (sdk === null || outputOf("java", ["-version"]) === null) return null;
  const folder = path.join(sdk.trim(), "platform", "cloud-firestore-emulator");
  const jar = fs.existsSync(folder) ? fs.readdirSync(folder).find((file) => file.endsWith(".jar")) : undefined;
  return jar === undefined ? null : path.join(folder, jar);
}

const MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore";
const START_DEADLINE_MS = 30_000;
const POLL_MS = 100;

/** Runs a command that ends with this process, however that ends: its standard input is then closed. */
const TIED_TO_US = '"$@" & command=$!; read -r _; kill -9 $command';

async function startGoogles(): Promise<Running> {
  const jar = findGooglesJar();
  if (jar === null) throw new Error("Google's emulator is not installed.");
  const port = await freePort();
  const java = ["java", "-Duser.language=en", "-cp", jar, MAIN_CLASS, "--host", "127.0.0.1", "--port", String(port)];
  const shell = spawn("sh", ["-c", TIED_TO_US, "sh", ...java], { stdio: ["pipe", "ignore", "ignore"] });
  const stop = async (): Promise<void> => {
    const ended = once(shell, "exit");
    shell.stdin.end();
    await ended;
  };
  const address = `127.0.0.1:${port}`;
  try {
    await untilReady(address);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, stop };
}

/** Another process can't be waited for other than by asking it. */
async function untilReady(address: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < START_DEADLINE_MS; waitedMs += POLL_MS) {
    const answer = await fetch(`http://${address}/`).catch(() => null);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error("Google's emulator did not get ready.");
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("There is no free port.");
  return address.port;
}

function outputOf(command: string, args: readonly string[]): string | null {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return null;
  }
}
