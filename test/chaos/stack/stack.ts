import { freePort } from "../../harness/network/free-port.ts";
import { type FaultProxy, startFaultProxy } from "../../harness/network/fault-proxy.ts";
import { type AnnouncedKeys, announceKeys } from "./announced-keys.ts";
import { type Balancer, startBalancer } from "./balancer.ts";
import type { Emulator } from "./emulator.ts";
import { COMMON, startEmulators } from "./emulators.ts";
import { type KeyRelay, startKeyRelay } from "./key-relay.ts";
import { openLineLog } from "../line-log.ts";
import { Processes } from "./process.ts";
import { startReceiver } from "./receiver.ts";
import type { RunFolder } from "../run-folder.ts";
import { ProgramSlot } from "./program-slot.ts";
import { tickEach } from "./tick.ts";

/** Everything that runs in a chaos run. */
export interface ChaosStack {
  /** The producers' addresses. The first is left alone. */
  readonly producers: readonly string[];
  /** Commits orders with tasks. It asks the second producer to relay them at once. */
  readonly application: ProgramSlot;
  readonly workers: readonly ProgramSlot[];
  /** Who relays entries of the outbox: the second producer first, then the workers. Each is behind proxies of its own. */
  readonly relayers: readonly Relayer[];
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

/** A program with the proxies between it and the emulators. */
export interface Relayer {
  readonly program: ProgramSlot;
  readonly toFirestore: FaultProxy;
  readonly toTasks: FaultProxy;
}

const WORKERS = 3;
const LOOPBACK = "127.0.0.1";
/** Cloud Scheduler's period is a minute. */
const TICK_MS = 3_000;

interface StackOptions {
  readonly seed: number;
  readonly hits: number;
  /** A known bug to give the workers and producers. */
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
  const { tasks, firestore, tasksPort, firestorePort } = await startEmulators(folder, processes, seed);
  // The last of several rotations is unannounced, which keeps workers waiting for up to 30 s.
  const nextKeys = await announceKeys(folder, Math.max(1, hits - 1));
  const workers: ProgramSlot[] = [];
  const targets = () => workers.flatMap((slot) => slot.target ?? []);
  const [keys, receiver, balancer] = await Promise.all([
    startKeyRelay(tasks.url, nextKeys.published),
    startReceiver(openLineLog(folder.receiver)),
    startBalancer(targets, openLineLog(folder.deliveries)),
  ]);
  const common = { ...COMMON, WORKER_URL: balancer.url, ...(bug === undefined ? {} : { CHAOS_BUG: bug }) };
  const direct = {
    FIRESTORE_EMULATOR_HOST: `${LOOPBACK}:${firestorePort}`,
    CLOUD_TASKS_EMULATOR_HOST: `${LOOPBACK}:${tasksPort}`,
  };
  const slotOf = async (
    program: "worker" | "producer" | "application",
    slot: number,
    more: Readonly<Record<string, string>>,
  ): Promise<ProgramSlot> =>
    new ProgramSlot(processes, { program, slot, port: await freePort(), environment: { ...common, ...more } });
  const relayerOf = async (
    program: "worker" | "producer",
    slot: number,
    more: Readonly<Record<string, string>>,
  ): Promise<Relayer> => {
    const toFirestore = await startFaultProxy({ host: LOOPBACK, port: firestorePort });
    const toTasks = await startFaultProxy({ host: LOOPBACK, port: tasksPort });
    const proxied = {
      FIRESTORE_EMULATOR_HOST: `${LOOPBACK}:${toFirestore.port}`,
      CLOUD_TASKS_EMULATOR_HOST: `${LOOPBACK}:${toTasks.port}`,
    };
    return { program: await slotOf(program, slot, { ...proxied, ...more }), toFirestore, toTasks };
  };
  const steady = await slotOf("producer", 0, direct);
  const relayer = await relayerOf("producer", 1, {});
  const application = await slotOf("application", 0, { ...direct, PRODUCER_URL: relayer.program.url });
  const relayers = [relayer];
  for (let slot = 0; slot < WORKERS; slot++) {
    const environment = {
      OIDC_CERTS_URL: keys.url,
      CHAOS_FOLDER: folder.folder,
      CHAOS_RECEIVER_URL: receiver.url,
    };
    const worker = await relayerOf("worker", slot, environment);
    relayers.push(worker);
    workers.push(worker.program);
  }
  const services = [steady, relayer.program, application, ...workers];
  await Promise.all(services.map((slot) => slot.start()));
  const ticks = tickEach(TICK_MS, steady.url);
  const closeServers = () => Promise.all([keys, receiver, balancer].map((server) => server.close()));
  const proxies = relayers.flatMap(({ toFirestore, toTasks }) => [toFirestore, toTasks]);
  return {
    producers: [steady.url, relayer.program.url],
    application,
    workers,
    relayers,
    tasks,
    firestore,
    balancer,
    keys,
    nextKeys,
    async stop() {
      await ticks.stop();
      await application.end();
      await Promise.all(workers.map((slot) => slot.end()));
      await Promise.all([steady.end(), relayer.program.end()]);
      await Promise.all([tasks.end(), firestore.end()]);
    },
    async kill() {
      for (const slot of services) slot.giveUp();
      void ticks.stop();
      await processes.killAll();
      for (const proxy of proxies) proxy.calm();
      await Promise.all([...proxies.map((proxy) => proxy.stop()), closeServers()]);
    },
  };
}
