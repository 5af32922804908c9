import { freePort } from "../../harness/network/free-port.ts";
import { type FaultProxy, startFaultProxy } from "../../harness/network/fault-proxy.ts";
import { type AnnouncedKeys, announceKeys } from "./announced-keys.ts";
import { type Balancer, startBalancer } from "./balancer.ts";
import type { Emulator } from "./emulator.ts";
import { COMMON, type Emulators, addressesOf, startEmulators } from "./emulators.ts";
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

async function startAll(folder: RunFolder, processes: Processes, options: StackOptions): Promise<ChaosStack> {
  const emulators = await startEmulators(folder, processes, options.seed);
  const { tasks, firestore } = emulators;
  // The last of several rotations is unannounced, which keeps workers waiting for up to 30 s.
  const nextKeys = await announceKeys(folder, Math.max(1, options.hits - 1));
  const workers: ProgramSlot[] = [];
  const targets = () => workers.flatMap((slot) => slot.target ?? []);
  const [keys, receiver, balancer] = await Promise.all([
    startKeyRelay(tasks.url, nextKeys.published),
    startReceiver(openLineLog(folder.receiver)),
    startBalancer(targets, openLineLog(folder.deliveries)),
  ]);
  const bug = options.bug === undefined ? {} : { CHAOS_BUG: options.bug };
  const programs: Programs = { processes, emulators, common: { ...COMMON, WORKER_URL: balancer.url, ...bug } };
  const direct = addressesOf({ firestore: emulators.firestorePort, tasks: emulators.tasksPort });
  const steady = await slotOf("producer", 0, direct, programs);
  const relayer = await relayerOf("producer", 1, {}, programs);
  const forApplication = { ...direct, PRODUCER_URL: relayer.program.url };
  const application = await slotOf("application", 0, forApplication, programs);
  const forWorkers = { OIDC_CERTS_URL: keys.url, CHAOS_FOLDER: folder.folder, CHAOS_RECEIVER_URL: receiver.url };
  const relayers = [relayer];
  for (let slot = 0; slot < WORKERS; slot++) {
    const worker = await relayerOf("worker", slot, forWorkers, programs);
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

type Environment = Readonly<Record<string, string>>;

/** What every program of a stack starts with. */
interface Programs {
  readonly processes: Processes;
  readonly emulators: Pick<Emulators, "firestorePort" | "tasksPort">;
  readonly common: Environment;
}

async function slotOf(
  program: "worker" | "producer" | "application",
  slot: number,
  own: Environment,
  { processes, common }: Programs,
): Promise<ProgramSlot> {
  return new ProgramSlot(processes, { program, slot, port: await freePort(), environment: { ...common, ...own } });
}

async function relayerOf(
  program: "worker" | "producer",
  slot: number,
  own: Environment,
  programs: Programs,
): Promise<Relayer> {
  const { firestorePort, tasksPort } = programs.emulators;
  const toFirestore = await startFaultProxy({ host: "127.0.0.1", port: firestorePort });
  const toTasks = await startFaultProxy({ host: "127.0.0.1", port: tasksPort });
  const proxied = addressesOf({ firestore: toFirestore.port, tasks: toTasks.port });
  return { program: await slotOf(program, slot, { ...proxied, ...own }, programs), toFirestore, toTasks };
}
