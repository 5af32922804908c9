import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { COMPILE_CACHE } from "../../../services/local/compile-cache.ts";
import { USE_BUNDLED } from "../../../services/local/dependencies/bundled.ts";
import { provisionQueues } from "../../../services/local/provision-queues.ts";
import { LOCAL } from "../../../services/local/settings.ts";
import { localVariables } from "../../../shared/contract/task-settings.ts";
import { registry } from "../../../shared/tasks/index.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { emulatorPrograms, startEmulatorProcess } from "../../bench/processes/emulator-process.ts";

/** The heap that V8 gives a process in a container of 512 MiB. */
const HEAP_MIB = 256;

/** A service in a process of its own. */
export interface Instance {
  readonly url: string;
  readonly pid: number;
  /** Whether the process that was started is still running. */
  isAlive(): boolean;
  kill(): Promise<void>;
}

/** One instance of each service, with a heap of 256 MiB and the registered task types, and the emulators. */
export async function startSmallInstances() {
  const programs = emulatorPrograms();
  const cloudTasks = await startEmulatorProcess(programs.ourCloudTasks);
  const firestore = await startEmulatorProcess(programs.ourFirestore);
  const [host = "", port = ""] = cloudTasks.address.split(":");
  await provisionQueues(registry, { host, port: Number(port) });
  const shared = {
    ...COMPILE_CACHE,
    METADATA_SERVER_DETECTION: "none",
    GOOGLE_CLOUD_PROJECT: LOCAL.project,
    GOOGLE_CLOUD_LOCATION: LOCAL.location,
    FIRESTORE_EMULATOR_HOST: firestore.address,
    CLOUD_TASKS_EMULATOR_HOST: cloudTasks.address,
    WORKER_AUDIENCE: LOCAL.audience,
    INVOKER_SERVICE_ACCOUNT: LOCAL.invoker,
  };
  const worker = await startInstance("worker", {
    ...shared,
    ...localVariables(registry.settings),
    OIDC_CERTS_URL: `http://${cloudTasks.address}/oauth2/v1/certs`,
    // Only follow-up tasks are sent there, and there are none.
    WORKER_URL: "http://127.0.0.1:9",
  });
  const producer = await startInstance("producer", { ...shared, AUTH_MODE: "local", WORKER_URL: worker.url });
  return {
    worker,
    producer,
    queues: { host, port: Number(port) },
    async stop() {
      for (const part of [producer, worker]) await part.kill();
      for (const emulator of [cloudTasks, firestore]) await emulator.stop();
    },
  };
}

export type SmallInstances = Awaited<ReturnType<typeof startSmallInstances>>;

async function startInstance(name: "worker" | "producer", env: Readonly<Record<string, string>>): Promise<Instance> {
  const main = path.join(PROJECT_DIR, "services", name, "main.ts");
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MIB}`, ...USE_BUNDLED, main], {
    env: { ...env, HOST: "127.0.0.1", PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const port = Promise.withResolvers<number>();
  createInterface(child.stdout).on("line", (line) => {
    if (!line.includes('"message":"listening"')) return;
    const told: { port: number } = JSON.parse(line);
    port.resolve(told.port);
  });
  child.once("close", () => port.reject(new Error(`The ${name} ended before it listened.`)));
  return {
    url: `http://127.0.0.1:${await port.promise}`,
    pid: child.pid ?? 0,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
