import { setTimeout } from "node:timers/promises";
import { median } from "../../median.ts";
import { residentMib } from "../../processes/process-usage.ts";
import { type Target, createQueues, createTask, createTasks, listTasks } from "./backlog.ts";
import { cpuMs } from "../process/kernel-cpu.ts";
import type { ServerProgram } from "../process/server-process.ts";
import { type TaskEmulator, startTaskEmulator } from "./task-emulator.ts";

/** How much an emulator of Cloud Tasks is measured by. */
export interface EmulatorSizes {
  readonly rounds: number;
  /** Tasks of each load. */
  readonly tasks: number;
  /** Tasks of the queue that is as fast as one may be. */
  readonly ofOneQueue: number;
  /** Tasks that are created one by one. */
  readonly single: number;
  /** Tasks that wait at once. */
  readonly queued: number;
  readonly starts: number;
}

/** What an emulator takes, in seconds of a processor for a thousand tasks, or in milliseconds. */
export interface Loads {
  readonly create: number;
  readonly dispatch: number;
  readonly dispatchWithToken: number;
  readonly oneQueue: number;
  readonly callToHandlerP50: number;
  readonly callToHandlerP99: number;
}

const MANY_QUEUES = 20;
const PAUSE_MS = 3;
const P99 = 0.99;

/** Loads a new process of the emulator, in all ways one after the other. */
export async function measureLoads(program: ServerProgram, target: Target, sizes: EmulatorSizes): Promise<Loads> {
  const emulator = await startTaskEmulator(program);
  const measured = { emulator, target };
  try {
    await backlog(measured, { tasks: Math.ceil(sizes.tasks / 2), queues: MANY_QUEUES });
    const plain = await backlog(measured, { tasks: sizes.tasks, queues: MANY_QUEUES });
    const withToken = await backlog(measured, { tasks: sizes.tasks, queues: MANY_QUEUES, hasToken: true });
    const one = await backlog(measured, { tasks: sizes.ofOneQueue, queues: 1 });
    const single = await callsToHandlers(measured, sizes.single);
    return {
      create: plain.create,
      dispatch: plain.dispatch,
      dispatchWithToken: withToken.dispatch,
      oneQueue: one.dispatch,
      callToHandlerP50: median(single),
      callToHandlerP99: single.toSorted((a, b) => a - b)[Math.floor(single.length * P99)] ?? Number.NaN,
    };
  } finally {
    await emulator.stop();
  }
}

interface Measured {
  readonly emulator: TaskEmulator;
  readonly target: Target;
}

/** Creates tasks in paused queues, and then lets them go. In seconds of a processor for a thousand. */
async function backlog(
  { emulator, target }: Measured,
  load: { readonly tasks: number; readonly queues: number; readonly hasToken?: boolean },
): Promise<{ create: number; dispatch: number }> {
  const queues = await createQueues(emulator, load.queues);
  await queues.pause();
  const cpu = stopwatch(emulator, load.tasks);
  await createTasks(emulator, queues, { url: target.url, hasToken: load.hasToken ?? false }, load.tasks);
  const create = cpu();
  const dispatching = stopwatch(emulator, load.tasks);
  const allCame = target.come(load.tasks);
  await queues.resume();
  await allCame;
  return { create, dispatch: dispatching() };
}

function stopwatch({ server }: TaskEmulator, tasks: number): () => number {
  const beforeMs = cpuMs(server.pid);
  return () => (cpuMs(server.pid) - beforeMs) / tasks;
}

/** From a call of CreateTask to the arrival of its delivery, in milliseconds, each when the one before is over. */
async function callsToHandlers({ emulator, target }: Measured, tasks: number): Promise<number[]> {
  const { names } = await createQueues(emulator, 1);
  const took: number[] = [];
  for (let n = 0; n < tasks; n++) {
    const came = target.come(1);
    const fromMs = performance.now();
    const created = createTask(emulator, names[0] ?? "", { url: target.url });
    took.push((await came) - fromMs);
    await created;
    await setTimeout(PAUSE_MS);
  }
  return took;
}

/** Memory, in MiB, with many tasks in one queue, and how long it takes to list them, in seconds. */
export async function measureQueued(program: ServerProgram, tasks: number): Promise<{ mib: number; listedS: number }> {
  const emulator = await startTaskEmulator(program);
  try {
    const queues = await createQueues(emulator, 1);
    await queues.pause();
    await createTasks(emulator, queues, { url: "http://127.0.0.1:9/" }, tasks);
    const mib = residentMib(emulator.server.pid).now;
    const fromMs = performance.now();
    const listed = await listTasks(emulator, queues.names[0] ?? "");
    if (listed !== tasks) throw new Error(`${listed} of ${tasks} tasks were listed.`);
    return { mib, listedS: (performance.now() - fromMs) / 1_000 };
  } finally {
    await emulator.stop();
  }
}

/** From the start of a new process to the response to its first call, in milliseconds, and its memory then, in MiB. */
export async function measureStart(program: ServerProgram): Promise<{ startMs: number; emptyMib: number }> {
  const emulator = await startTaskEmulator(program);
  await emulator.call("ListQueues", { parent: "projects/first/locations/local" });
  const startMs = performance.now() - emulator.server.startedAtMs;
  const emptyMib = residentMib(emulator.server.pid).now;
  // Node writes what it has compiled when a program ends, and not when it is killed.
  await emulator.stop("SIGTERM");
  return { startMs, emptyMib };
}
