import { type Child, type Program, startChild } from "./child.ts";
import { type WantedPort, requireFreePorts } from "./ports.ts";
import { programsOf } from "./programs.ts";
import { provisionQueues } from "./provision-queues.ts";
import type { StackSettings } from "./settings.ts";

/** The running stack. */
export interface Stack {
  /** Resolves when a program has ended that the stack can't go on without, with a sentence. */
  readonly broken: Promise<string>;
  /** Stops the programs in order: nothing new comes in, then the work under way ends, then the emulators go. */
  stop(): Promise<void>;
}

/** A service that keeps ending is not started again after this many times. */
const MOST_RESTARTS = 10;

/**
 * Starts the emulators, makes the queues, starts the worker and the producer; resolves when all of them listen.
 *
 * @throws PortsInUseError, and Error when a program ends before it listens; everything is stopped by then.
 */
export async function startStack(settings: StackSettings, print: (line: string) => void): Promise<Stack> {
  const usesRunningFirestore = await isFirestoreEmulator(settings.variables.FIRESTORE_EMULATOR_HOST);
  await requireFreePorts(portsOf(settings).filter(({ name }) => name !== "firestore" || !usesRunningFirestore));

  const programs = programsOf(settings);
  const { promise: broken, resolve: breakDown } = Promise.withResolvers<string>();
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (let next = stops.pop(); next; next = stops.pop()) await next();
  };
  const run = async (program: Program, ifItEnds: "restart" | "give up"): Promise<void> => {
    const supervised = supervise(program, { print, ifItEnds, breakDown });
    stops.push(supervised.stop);
    await supervised.listening;
  };
  try {
    if (usesRunningFirestore) print("firestore   a running emulator was found and is used");
    else await run(programs.firestore, "give up");
    await run(programs.queues, "give up");
    await provisionQueues(settings.variables.CLOUD_TASKS_EMULATOR_HOST);
    await run(programs.worker, "restart");
    await run(programs.producer, "restart");
  } catch (error) {
    await stop();
    throw error;
  }
  return { broken, stop };
}

/** Keeps a program running until it is stopped. Services are started again when they end, as Cloud Run does. */
function supervise(
  program: Program,
  on: { print: (line: string) => void; ifItEnds: "restart" | "give up"; breakDown: (why: string) => void },
): { listening: Promise<void>; stop: () => Promise<void> } {
  let stopping = false;
  let restarts = 0;
  const start = (): Child => {
    const child = startChild(program, on.print);
    on.print(`${program.name} has pid ${child.pid}`);
    void child.ended.then((how) => {
      if (stopping) return;
      if (on.ifItEnds === "give up" || restarts >= MOST_RESTARTS) {
        on.breakDown(`The ${program.name} ${how}.`);
        return;
      }
      restarts++;
      on.print(`${program.name} ${how}; starting it again`);
      current = start();
    });
    return child;
  };
  let current = start();
  return {
    listening: current.listening.catch((error: unknown) => {
      stopping = true;
      throw error;
    }),
    stop: () => {
      stopping = true;
      return current.stop();
    },
  };
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
