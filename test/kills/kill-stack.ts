import { Firestore } from "@google-cloud/firestore";
import fs from "node:fs";
import path from "node:path";
import { openLineLog } from "../chaos/line-log.ts";
import { type RunFolder, runFolder } from "../chaos/run-folder.ts";
import { COMMON, type Emulators, addressesOf, startEmulators } from "../chaos/stack/emulators.ts";
import { Processes, type RunProcess } from "../chaos/stack/process.ts";
import { startReceiver } from "../chaos/stack/receiver.ts";
import { ProgramSlot } from "../chaos/stack/program-slot.ts";
import { type FaultProxy, startFaultProxy } from "../harness/network/fault-proxy.ts";
import { freePort } from "../harness/network/free-port.ts";

/** A process that a run kills, with the proxies between it and the emulators. */
export interface Victim {
  readonly url: string;
  readonly firestore: FaultProxy;
  readonly tasks: FaultProxy;
  /** The RPCs of Cloud Tasks that have been answered, in order. */
  readonly answered: readonly string[];
  /** Kills it by SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Lets it end in its own time. */
  end(): Promise<void>;
}

/** The emulators, a worker and a producer that are left alone, and as many victims as are asked for. */
export interface KillStack {
  readonly folder: RunFolder;
  readonly emulators: Emulators;
  /** A client of the database that nothing disturbs. */
  readonly db: Firestore;
  /** The producer that is left alone. */
  readonly producer: string;
  startApplication(producerUrl: string): Promise<Victim>;
  startProducer(): Promise<Victim>;
  stop(): Promise<void>;
}

const PROGRAMS = path.resolve(import.meta.dirname, "../chaos/programs");
const BUILD_IN = path.resolve(import.meta.dirname, "../chaos/bugs/build-in.ts");
const LOOPBACK = "127.0.0.1";

/** Starts the stack. `bug` is a known bug to give the worker and the producers. */
export async function startKillStack(
  where: string,
  { seed, bug }: { readonly seed: number; readonly bug?: string | undefined },
): Promise<KillStack> {
  const folder = runFolder(where);
  fs.mkdirSync(folder.folder, { recursive: true });
  const processes = new Processes(folder);
  try {
    return await startAll(folder, processes, { seed, bug });
  } catch (error) {
    await processes.killAll();
    throw error;
  }
}

async function startAll(
  folder: RunFolder,
  processes: Processes,
  { seed, bug }: { readonly seed: number; readonly bug?: string | undefined },
): Promise<KillStack> {
  const emulators = await startEmulators(folder, processes, seed);
  const receiver = await startReceiver(openLineLog(folder.receiver));
  const workerPort = await freePort();
  const common = {
    ...COMMON,
    WORKER_URL: `http://${LOOPBACK}:${workerPort}`,
    ...(bug === undefined ? {} : { CHAOS_BUG: bug }),
  };
  const programs: Programs = { processes, emulators, common, bug };
  const direct = addressesOf({ firestore: emulators.firestorePort, tasks: emulators.tasksPort });
  const environment = {
    ...common,
    ...direct,
    OIDC_CERTS_URL: `${emulators.tasks.url}/oauth2/v1/certs`,
    CHAOS_FOLDER: folder.folder,
    CHAOS_RECEIVER_URL: receiver.url,
  };
  const worker = new ProgramSlot(processes, { program: "worker", slot: 0, port: workerPort, environment });
  const port = await freePort();
  const own = { ...direct, PORT: String(port) };
  const [producer] = await Promise.all([startProgram("producer", own, programs), worker.start()]);
  const db = new Firestore({
    projectId: COMMON.GOOGLE_CLOUD_PROJECT,
    host: direct.FIRESTORE_EMULATOR_HOST,
    ssl: false,
    customHeaders: { authorization: "Bearer owner" },
  });
  return {
    folder,
    emulators,
    db,
    producer: `http://${LOOPBACK}:${port}`,
    startApplication: (producerUrl) => startVictim("application", { PRODUCER_URL: producerUrl }, programs),
    startProducer: () => startVictim("producer", {}, programs),
    async stop() {
      await db.terminate();
      await Promise.all([worker.end(), producer.end()]);
      await Promise.all([emulators.tasks.end(), emulators.firestore.end(), receiver.close()]);
      await processes.killAll();
    },
  };
}

type Environment = Readonly<Record<string, string>>;

/** What every program of a stack starts with. */
interface Programs {
  readonly processes: Processes;
  readonly emulators: Emulators;
  readonly common: Environment;
  readonly bug: string | undefined;
}

function startProgram(
  name: "application" | "producer",
  own: Environment,
  { processes, common, bug }: Programs,
): Promise<RunProcess> {
  const hooks = bug === undefined || name === "application" ? [] : ["--import", BUILD_IN];
  const args = [...hooks, path.join(PROGRAMS, `${name}.ts`)];
  return processes.start({ name, args, environment: { ...common, ...own } });
}

/** Starts a program that reaches each emulator through a proxy of its own. */
async function startVictim(name: "application" | "producer", own: Environment, programs: Programs): Promise<Victim> {
  const { tasksPort, firestorePort } = programs.emulators;
  const firestore = await startFaultProxy({ host: LOOPBACK, port: firestorePort });
  const answered: string[] = [];
  const tasksAddress = { host: LOOPBACK, port: tasksPort };
  const tasks = await startFaultProxy(tasksAddress, { onRelayed: ({ rpc }) => void answered.push(rpc) });
  const port = await freePort();
  const proxied = addressesOf({ firestore: firestore.port, tasks: tasks.port });
  const process = await startProgram(name, { ...proxied, ...own, PORT: String(port) }, programs);
  const stopProxies = async (): Promise<void> => void (await Promise.all([firestore.stop(), tasks.stop()]));
  return {
    url: `http://${LOOPBACK}:${port}`,
    firestore,
    tasks,
    answered,
    async kill() {
      process.kill("SIGKILL");
      await process.ended;
      await stopProxies();
    },
    async end() {
      await process.end();
      await stopProxies();
    },
  };
}
