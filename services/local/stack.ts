import type { Program } from "./child.ts";
import { type WantedPort, requireFreePorts } from "./ports.ts";
import { programsOf } from "./programs.ts";
import { provisionQueues } from "./provision-queues.ts";
import type { StackSettings } from "./settings.ts";
import { type Supervised, type Supervision, supervise } from "./supervise.ts";

/** The running stack. */
export interface Stack {
  /** Resolves when a program has ended that the stack can't go on without, with a sentence. */
  readonly broken: Promise<string>;
  /** Stops the programs in order: nothing new comes in, then the work under way ends, then the emulators go. */
  stop(): Promise<void>;
}

/**
 * Starts the emulators, then the worker and the producer while the queues are made; resolves when all of them listen.
 *
 * @throws ConfigError when ports are taken, and Error when a program ends before it listens; everything is stopped by then.
 */
export async function startStack(settings: StackSettings, print: (line: string) => void): Promise<Stack> {
  const usesRunningFirestore = await isFirestoreEmulator(settings.variables.FIRESTORE_EMULATOR_HOST);
  await requireFreePorts(portsOf(settings).filter(({ name }) => name !== "firestore" || !usesRunningFirestore));
  if (usesRunningFirestore) print("A Firestore emulator runs already and is used.");

  const programs = programsOf(settings);
  const { promise: broken, resolve: onGone } = Promise.withResolvers<string>();
  const running: Supervised[] = [];
  const run = async (program: Program, ifItEnds: Supervision["ifItEnds"]): Promise<void> => {
    const supervised = supervise(program, { print, ifItEnds, onGone });
    running.push(supervised);
    await supervised.listening;
  };
  // The last that was started is the first that stops.
  const stop = async (): Promise<void> => {
    for (let next = running.pop(); next; next = running.pop()) await next.stop();
  };
  try {
    const firestore = usesRunningFirestore ? [] : [run(programs.firestore, "give up")];
    await Promise.all([...firestore, run(programs.queues, "give up")]);
    const queues = provisionQueues(settings.registry, settings.variables.CLOUD_TASKS_EMULATOR_HOST);
    await Promise.all([queues, run(programs.worker, "restart"), run(programs.producer, "restart")]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { broken, stop };
}

function portsOf({ variables }: StackSettings): WantedPort[] {
  return [
    { name: "producer", variable: "PRODUCER_PORT", host: "127.0.0.1", port: variables.PRODUCER_PORT },
    { name: "worker", variable: "WORKER_PORT", host: "127.0.0.1", port: variables.WORKER_PORT },
    { name: "cloud-tasks", variable: "CLOUD_TASKS_EMULATOR_HOST", ...variables.CLOUD_TASKS_EMULATOR_HOST },
    { name: "firestore", variable: "FIRESTORE_EMULATOR_HOST", ...variables.FIRESTORE_EMULATOR_HOST },
  ];
}

/** Both Google's emulator and ours answer `Ok` at their root. */
async function isFirestoreEmulator({ host, port }: { host: string; port: number }): Promise<boolean> {
  try {
    const answer = await fetch(`http://${host}:${port}/`, { signal: AbortSignal.timeout(2_000) });
    return (await answer.text()).trim() === "Ok";
  } catch {
    return false;
  }
}
