import { CloudTasksClient } from "@google-cloud/tasks";
import { credentials } from "@grpc/grpc-js";
import { PassThroughClient } from "google-auth-library";
import { once } from "node:events";
import http from "node:http";
import { performance } from "node:perf_hooks";
import { portOf } from "../../shared/listening-port.ts";
import { startCloudTasksEmulator } from "../../services/local/cloud-tasks/emulator.ts";

const CREATES_AT_ONCE = 32;

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
  const client = new CloudTasksClient({
    apiEndpoint: emulator.host,
    port: emulator.port,
    sslCreds: credentials.createInsecure(),
    authClient: new PassThroughClient(),
  });
  const parent = client.queuePath("bench", "local", "backlog");
  await client.createQueue({ parent: client.locationPath("bench", "local"), queue: { name: parent } });
  await client.pauseQueue({ name: parent });

  const createdFrom = performance.now();
  let left = count;
  const url = `http://127.0.0.1:${portOf(target)}/`;
  const create = async (): Promise<void> => {
    while (left-- > 0) await client.createTask({ parent, task: { httpRequest: { url } } });
  };
  await Promise.all(Array.from({ length: CREATES_AT_ONCE }, create));
  const dispatchedFrom = performance.now();
  await client.resumeQueue({ name: parent });
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
