import { performance } from "node:perf_hooks";
import * as z from "zod";
import { type EmulatorProcess, emulatorPrograms, startEmulatorProcess } from "../processes/emulator-process.ts";
import { openGrpcConnection } from "../processes/grpc-connection.ts";
import { createCloudTasksCaller } from "../processes/grpc-service.ts";
import { runLoad } from "../processes/load.ts";
import { cpuSeconds, residentMib } from "../processes/process-usage.ts";
import { startTarget } from "../processes/target.ts";

const CLIENTS = 32;
const CONNECTIONS = 4;
/** One queue dispatches at most 500 tasks a second, as in the cloud, so the backlog is spread over several. */
const QUEUES = 20;
const LOCATION = "projects/bench/locations/local";

const loaded = z.object({ perSecond: z.number() });

/** What runs where, for the figures. */
export const DISPATCH_SETUP = `${CLIENTS} clients on ${CONNECTIONS} connections, ${QUEUES} queues; emulator, load and target each a process`;

/** Tasks per second, created while their queues are paused, then dispatched to a target that answers at once. */
export async function measureDispatches(tasks: number): Promise<{
  created: number;
  dispatched: number;
  /** Of the emulator's process. */
  cpuMicrosADispatch: number;
}> {
  const target = await startTarget(tasks);
  const emulator = await startEmulatorProcess(emulatorPrograms().ourCloudTasks);
  const queues = await openQueues(emulator);
  const created = await createTasks(emulator, { queues: queues.names, url: target.url, bodyBytes: 0, tasks });

  const from = performance.now();
  const cpuBefore = cpuSeconds(emulator.pid);
  await queues.resume();
  await target.allCame;
  const dispatched = tasks / ((performance.now() - from) / 1_000);
  const cpuMicrosADispatch = ((cpuSeconds(emulator.pid) - cpuBefore) * 1e6) / tasks;

  await queues.close();
  await emulator.stop();
  target.stop();
  return { created, dispatched, cpuMicrosADispatch };
}

/** The emulator's memory, in MiB, with this many tasks waiting, and its peak until then. */
export async function measureTaskMemory(size: {
  tasks: number;
  bodyBytes: number;
}): Promise<{ now: number; highest: number }> {
  const emulator = await startEmulatorProcess(emulatorPrograms().ourCloudTasks);
  const queues = await openQueues(emulator);
  await createTasks(emulator, { queues: queues.names, url: "http://127.0.0.1:9/", ...size });
  const memory = residentMib(emulator.pid);
  await queues.close();
  await emulator.stop();
  return memory;
}

async function openQueues({ address }: EmulatorProcess) {
  const call = createCloudTasksCaller();
  const connection = await openGrpcConnection(address);
  const names = Array.from({ length: QUEUES }, (_, index) => `${LOCATION}/queues/backlog-${index}`);
  for (const name of names) {
    await call(connection, "CreateQueue", { parent: LOCATION, queue: { name } });
    await call(connection, "PauseQueue", { name });
  }
  return {
    names,
    resume: () => Promise.all(names.map((name) => call(connection, "ResumeQueue", { name }))),
    close: () => connection.close(),
  };
}

async function createTasks(
  { address }: EmulatorProcess,
  load: { queues: readonly string[]; url: string; bodyBytes: number; tasks: number },
): Promise<number> {
  const settings = { ...load, address, clients: CLIENTS, connections: CONNECTIONS };
  return loaded.parse(await runLoad("task-load.ts", settings)).perSecond;
}
