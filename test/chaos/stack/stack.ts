import fs from "node:fs";
import path from "node:path";
import { freePort } from "../../harness/network/free-port.ts";
import { type FaultProxy, startFaultProxy } from "../../harness/network/fault-proxy.ts";
import { type AnnouncedKeys, announceKeys } from "./announced-keys.ts";
import { type Balancer, startBalancer } from "./balancer.ts";
import { queueFile } from "./chaos-queues.ts";
import { type Emulator, startEmulator } from "./emulator.ts";
import { type KeyRelay, startKeyRelay } from "./key-relay.ts";
import { openLineLog } from "../line-log.ts";
import { Processes } from "./process.ts";
import { startReceiver } from "./receiver.ts";
import type { RunFolder } from "../run-folder.ts";
import { WorkerSlot } from "./worker-slot.ts";

/** Everything that runs in a chaos run. */
export interface ChaosStack {
  readonly producers: readonly string[];
  readonly workers: readonly WorkerSlot[];
  /** The proxy between each worker and Firestore, by the worker's slot. */
  readonly proxies: readonly FaultProxy[];
  readonly tasks: Emulator;
  readonly firestore: Emulator;
  readonly balancer: Balancer;
  readonly keys: KeyRelay;
  readonly nextKeys: AnnouncedKeys;
  /** Stops the services in order, so that their output is complete. */
  stop(): Promise<void>;
  /** Ends everything, whatever its state. */
  kill(): Promise<void>;
}

const WORKERS = 3;
const PRODUCERS = 2;
const PROJECT = "chaos";
const LOCATION = "local";
const HERE = path.resolve(import.meta.dirname, "..");
const EMULATORS = path.resolve(HERE, "../../packages/emulators/src/cli/main.ts");

const COMMON = {
  GOOGLE_CLOUD_PROJECT: PROJECT,
  GOOGLE_CLOUD_LOCATION: LOCATION,
  WORKER_AUDIENCE: "chaos-worker",
  INVOKER_SERVICE_ACCOUNT: "invoker@chaos.iam.gserviceaccount.com",
  METADATA_SERVER_DETECTION: "none",
};

interface StackOptions {
  readonly seed: number;
  readonly hits: number;
  /** A known bug to give the workers. */
  readonly bug?: string | undefined;
}

/** Starts emulators, relays, workers and producers. */
export async function startStack(folder: RunFolder, options: StackOptions): Promise<ChaosStack> {
  const processes = new Processes(folder);
  try {
    return await startAll(folder, processes, options);
  } catch (error) {
    await processes.killAll();
    throw error;
  }
}

async function startAll(
  folder: RunFolder,
  processes: Processes,
  { seed, hits, bug }: StackOptions,
): Promise<ChaosStack> {
  fs.writeFileSync(folder.queues, queueFile());
  const [tasksPort, firestorePort] = [await freePort(), await freePort()];
  const [tasks, firestore] = await Promise.all([
    startEmulator(processes, { name: "cloud-tasks", port: tasksPort, args: tasksArgs(folder, tasksPort, seed) }),
    startEmulator(processes, {
      name: "firestore",
      port: firestorePort,
      args: firestoreArgs(folder, firestorePort),
    }),
  ]);
  // The last of several rotations is unannounced, which keeps workers waiting for up to 30 s.
  const nextKeys = await announceKeys(folder, Math.max(1, hits - 1));
  const slots: WorkerSlot[] = [];
  const targets = () => slots.flatMap((slot) => slot.target ?? []);
  const [keys, receiver, balancer] = await Promise.all([
    startKeyRelay(tasks.url, nextKeys.published),
    startReceiver(openLineLog(folder.receiver)),
    startBalancer(targets, openLineLog(folder.deliveries)),
  ]);
  const proxies: FaultProxy[] = [];
  for (let slot = 0; slot < WORKERS; slot++) {
    const proxy = await startFaultProxy({ host: "127.0.0.1", port: firestorePort });
    proxies.push(proxy);
    const environment = {
      ...COMMON,
      FIRESTORE_EMULATOR_HOST: `127.0.0.1:${proxy.port}`,
      OIDC_CERTS_URL: keys.url,
      CHAOS_FOLDER: folder.folder,
      CHAOS_RECEIVER_URL: receiver.url,
      ...(bug === undefined ? {} : { CHAOS_BUG: bug }),
    };
    slots.push(new WorkerSlot(processes, { slot, port: await freePort(), environment }));
  }
  const producerPorts = await Promise.all(Array.from({ length: PRODUCERS }, freePort));
  const environment = {
    ...COMMON,
    CLOUD_TASKS_EMULATOR_HOST: `127.0.0.1:${tasksPort}`,
    FIRESTORE_EMULATOR_HOST: `127.0.0.1:${firestorePort}`,
    WORKER_URL: balancer.url,
  };
  const program = path.join(HERE, "programs/producer.ts");
  const [producers] = await Promise.all([
    Promise.all(
      producerPorts.map((port, index) =>
        processes.start({
          name: `producer-${index}`,
          args: [program],
          environment: { ...environment, PORT: String(port) },
        }),
      ),
    ),
    ...slots.map((slot) => slot.start()),
  ]);
  const closeServers = () => Promise.all([keys, receiver, balancer].map((server) => server.close()));
  return {
    producers: producerPorts.map((port) => `http://127.0.0.1:${port}`),
    workers: slots,
    proxies,
    tasks,
    firestore,
    balancer,
    keys,
    nextKeys,
    async stop() {
      await Promise.all(slots.map((slot) => slot.end()));
      await Promise.all(producers.map((producer) => producer.end()));
      await Promise.all([tasks.end(), firestore.end()]);
    },
    async kill() {
      for (const slot of slots) slot.giveUp();
      await processes.killAll();
      for (const proxy of proxies) proxy.calm();
      await Promise.all([...proxies.map((proxy) => proxy.stop()), closeServers()]);
    },
  };
}

function tasksArgs(folder: RunFolder, port: number, seed: number): string[] {
  const where = ["--only", "cloud-tasks", "--port", String(port), "--data", folder.tasksData];
  const what = ["--queues", folder.queues, "--project", PROJECT, "--location", LOCATION, "--fault-seed", String(seed)];
  return [EMULATORS, ...where, ...what];
}

function firestoreArgs(folder: RunFolder, port: number): string[] {
  return [EMULATORS, "--only", "firestore", "--firestore-port", String(port), "--data", folder.firestoreData];
}
