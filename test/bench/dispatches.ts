import { createCloudTasksClient } from "../../shared/cloud-tasks-client.ts";
import { once } from "node:events";
import http from "node:http";
import { performance } from "node:perf_hooks";
import { portOf } from "../../shared/listening-port.ts";
import { startCloudTasksEmulator } from "../../services/local/cloud-tasks/emulator.ts";

const CREATES_AT_ONCE = 32;
/** One queue dispatches at most 500 tasks a second, as in the cloud, so the backlog stands in several. */
const QUEUES = 20;

/** Tasks a second that are created by one client, and then dispatched from the backlog to a target that answers at once. */
export async function measureDispatches(count: number): Promise<{ created: number; dispatched: number }> {
  let arrived = 0;
  const all = Promise.withResolvers<void>();
  const target = http.createServer((_, response) => {
    response.writeHead(204).end();
    if (++arrived === count) all.resolve();
  });
  target.listen(0, "127.0.0.1");
  await once(target, "listening");
  const emulator = await startCloudTasksEmulator();
  const client = createCloudTasksClient(emulator);
  const parent = client.locationPath("bench", "local");
  const queues = Array.from({ length: QUEUES }, (_, index) => client.queuePath("bench", "local", `backlog-${index}`));
  for (const name of queues) {
    await client.createQueue({ parent, queue: { name } });
    await client.pauseQueue({ name });
  }

  const createdFrom = performance.now();
  let next = 0;
  const url = `http://127.0.0.1:${portOf(target)}/`;
  const create = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) {
      await client.createTask({ parent: queues[n % QUEUES] ?? "", task: { httpRequest: { url } } });
    }
  };
  await Promise.all(Array.from({ length: CREATES_AT_ONCE }, create));
  const dispatchedFrom = performance.now();
  await Promise.all(queues.map((name) => client.resumeQueue({ name })));
  await all.promise;
  const until = performance.now();

  await client.close();
  await emulator.stop();
  target.close();
  target.closeAllConnections();
  return {
    created: count / ((dispatchedFrom - createdFrom) / 1_000),
    dispatched: count / ((until - dispatchedFrom) / 1_000),
  };
}
