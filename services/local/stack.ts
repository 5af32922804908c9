import { once } from "node:events";
import { systemClock } from "../../shared/runtime/clock.ts";
import { type Program, startChild } from "./child.ts";
import { startRelaying } from "./outbox/relaying.ts";
import type { Part } from "./outbox/part.ts";
import { type WantedPort, requireFreePorts } from "./ports.ts";
import { buildConsoleAssets } from "../../tools/console-assets/build-assets.ts";
import { bundleInstalled } from "./dependencies/bundle-installed.ts";
import { assetsDir, programsOf } from "./programs.ts";
import { provisionQueues } from "./provision-queues.ts";
import type { StackSettings } from "./settings.ts";
import { startThroughput } from "./throughput/throughput.ts";
import type { Services } from "./reload/reload.ts";
import { type Supervised, type Supervision, supervise } from "./supervise.ts";

/** The running stack. */
export interface Stack {
  /** Resolves with a sentence when a program that the stack can't work without has ended. */
  readonly broken: Promise<string>;
  /**
   * Stops the programs in order: first the sources of new work, then the services when they are done, then the
   * emulators.
   */
  stop(): Promise<void>;
}

/** Where the stack tells what it does, and what ends it. */
interface StackOptions {
  readonly print: (line: string) => void;
  /** Ends the start. Once the stack has started, `stop` ends it. */
  readonly signal: AbortSignal;
}

/**
 * Starts the emulators, then the worker, the producer and the console while it creates the queues, then the outbox's
 * relay. Resolves once all of them are listening.
 *
 * @throws ConfigError when ports are in use, and Error when a program ends before it is listening, or the signal
 * aborts. By then, everything has been stopped again.
 */
export async function startStack(settings: StackSettings, { print, signal }: StackOptions): Promise<Stack> {
  const usesRunningFirestore = await isFirestoreEmulator(settings.variables.FIRESTORE_EMULATOR_HOST);
  await requireFreePorts(portsOf(settings).filter(({ name }) => name !== "firestore" || !usesRunningFirestore));
  if (usesRunningFirestore) print("Using the Firestore emulator that is already running.");

  const { CLOUD_TASKS_EMULATOR_HOST: cloudTasks, ALLOW_HOST: allowHost } = settings.variables;
  const throughput = await startThroughput({ cloudTasks, allowHost, print });
  const programs = programsOf(settings, throughput);
  const { promise: broken, resolve: onGone } = Promise.withResolvers<string>();
  const services = Promise.withResolvers<Services>();
  const running: Part[] = [throughput];
  const run = async (program: Program, ifItEnds: Supervision["ifItEnds"]): Promise<Supervised> => {
    signal.throwIfAborted();
    const supervised = supervise(program, { clock: systemClock, startChild, print, ifItEnds, onGone });
    running.push(supervised);
    await supervised.listening;
    return supervised;
  };
  // Stops in the reverse order of starting.
  const stop = async (): Promise<void> => {
    for (let next = running.pop(); next; next = running.pop()) await next.stop();
  };
  const assets = buildConsoleAssets(assetsDir(settings));
  // Awaited below. Until then, a failure mustn't count as unhandled.
  assets.catch(() => {});
  const bundles = bundleInstalled(print);
  const startAll = async (): Promise<void> => {
    // First, so that no change is missed.
    if (settings.reload) {
      const { reloadOnChange } = await import("./reload/reload.ts");
      running.push(await reloadOnChange(settings, { services: services.promise, throughput, print }));
    }
    const firestore = usesRunningFirestore ? [] : [run(programs.firestore, "give up")];
    await Promise.all([...firestore, run(programs.queues, "give up")]);
    await bundles;
    const queues = provisionQueues(settings.registry, settings.variables.CLOUD_TASKS_EMULATOR_HOST);
    const [worker, producer, console] = await Promise.all([
      run(programs.worker, "restart"),
      run(programs.producer, "restart"),
      assets.then(() => run(programs.console, "restart")),
      queues,
    ]);
    // Last, so that it stops first.
    running.push(await startRelaying(settings, print));
    services.resolve({ worker, producer, console });
  };
  try {
    await Promise.race([startAll(), rejectWhenAborted(signal)]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { broken, stop };
}

async function rejectWhenAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
  signal.throwIfAborted();
}

function portsOf({ variables }: StackSettings): WantedPort[] {
  const service = (name: string, variable: "PRODUCER_PORT" | "WORKER_PORT" | "CONSOLE_PORT"): WantedPort => {
    return { name, remedy: `set ${variable} to a free port`, host: "127.0.0.1", port: variables[variable] };
  };
  const emulator = (name: string, variable: "CLOUD_TASKS_EMULATOR_HOST" | "FIRESTORE_EMULATOR_HOST"): WantedPort => {
    const address = variables[variable];
    return { name, remedy: `set ${variable} to ${address.host}:<a free port>`, ...address };
  };
  return [
    service("producer", "PRODUCER_PORT"),
    service("worker", "WORKER_PORT"),
    service("console", "CONSOLE_PORT"),
    emulator("cloud-tasks", "CLOUD_TASKS_EMULATOR_HOST"),
    emulator("firestore", "FIRESTORE_EMULATOR_HOST"),
  ];
}

/** Google's emulator and ours both respond with `Ok` at their root path. */
async function isFirestoreEmulator({ host, port }: { host: string; port: number }): Promise<boolean> {
  try {
    const response = await fetch(`http://${host}:${port}/`, { signal: AbortSignal.timeout(2_000) });
    return (await response.text()).trim() === "Ok";
  } catch {
    return false;
  }
}
