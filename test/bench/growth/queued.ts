import { median } from "../median.ts";
import { openGrpcConnection } from "../processes/grpc-connection.ts";
import { createCloudTasksCaller } from "../processes/grpc-service.ts";
import { LOCAL } from "../../../services/local/settings.ts";
import { cpuMs } from "../peers/process/kernel-cpu.ts";
import { runTasks } from "../peers/stack/run-tasks.ts";
import { startOurs } from "../peers/stack/queue-system.ts";
import { throughTasks } from "../service/task-types.ts";
import type { Chart } from "./chart.ts";
import type { GrowthSetting } from "./sizes.ts";

const DAY_S = 86_400;
const CLIENTS = 32;

/** What a claimed task costs each process on its way through the stack, while others wait in the same queues. */
export async function byQueued({ bundles, emulators, sizes }: GrowthSetting): Promise<Chart> {
  const system = await startOurs(bundles, emulators);
  const { front, worker } = system;
  const processes = {
    producer: front,
    worker,
    "Cloud Tasks emulator": emulators.cloudTasks,
    "Firestore emulator": emulators.firestore,
  };
  const points = new Map<string, [number, number][]>(Object.keys(processes).map((name) => [name, []]));
  const { rounds, requests } = sizes.through;
  try {
    for (let round = 0; round < 2; round++) await runTasks(system, requests);
    let waiting = 0;
    for (const queued of sizes.queued) {
      await enqueueForTomorrow(emulators.cloudTasks.address, { from: waiting, to: queued });
      waiting = queued;
      const costs = new Map<string, number[]>(Object.keys(processes).map((name) => [name, []]));
      for (let round = 0; round < rounds; round++) {
        const before = Object.values(processes).map(({ pid }) => cpuMs(pid));
        await runTasks(system, requests);
        for (const [index, [name, { pid }]] of Object.entries(processes).entries()) {
          costs.get(name)?.push((cpuMs(pid) - (before[index] ?? 0)) / requests);
        }
      }
      for (const [name, figures] of costs) points.get(name)?.push([queued, median(figures)]);
    }
  } finally {
    await system.stop();
  }
  return {
    title: "CPU time of a claimed task by the number of tasks that wait in its queues",
    x: "waiting tasks",
    isLog: true,
    unit: "CPU ms a task",
    series: [...points].map(([name, each]) => ({ name, points: each })),
  };
}

/** Puts tasks that are due tomorrow into the queues by turns. */
async function enqueueForTomorrow(
  address: string,
  numbers: { readonly from: number; readonly to: number },
): Promise<void> {
  const connection = await openGrpcConnection(address);
  const call = createCloudTasksCaller();
  const parents = throughTasks.map(
    ({ queue }) => `projects/${LOCAL.project}/locations/${LOCAL.location}/queues/${queue}`,
  );
  const scheduleTime = { seconds: Math.floor(Date.now() / 1_000) + DAY_S };
  const task = { scheduleTime, httpRequest: { url: "http://127.0.0.1:9/", body: Buffer.alloc(500, "x") } };
  let next = numbers.from;
  const work = async (): Promise<void> => {
    for (let n = next++; n < numbers.to; n = next++) {
      await call(connection, "CreateTask", { parent: parents[n % parents.length], task });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, work));
  await connection.close();
}
