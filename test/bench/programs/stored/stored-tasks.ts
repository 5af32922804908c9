import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { startCloudTasksEmulator } from "../../../../packages/emulators/src/cloud-tasks/emulator.ts";
import { createCloudTasksClient } from "../../../../shared/runtime/google-clients.ts";
import type { StoredEmulator } from "./stored-emulator.ts";

const QUEUE = "projects/bench/locations/local/queues/stored";
const BODY_BYTES = 500;
const SMALL_BODY_BYTES = 10;
const HOUR_MS = 3_600_000;

/** The Cloud Tasks emulator, with tasks that are due later. */
export const storedTasks: StoredEmulator = {
  async fill(dataDir, count) {
    await storeTasks(dataDir, count);
    await (await startCloudTasksEmulator({ dataDir })).stop();
  },
  async start(dataDir, log) {
    const emulator = await startCloudTasksEmulator({ dataDir, log });
    const client = await createCloudTasksClient(emulator);
    return {
      async call(n) {
        await createTask(client, `small-${n}`, SMALL_BODY_BYTES);
      },
      async stop() {
        await client.close();
        await emulator.stop();
      },
    };
  },
};

/** Writes a journal of the first version, which every later one reads, with many copies of one task. */
async function storeTasks(dataDir: string, count: number): Promise<void> {
  const journal = path.join(dataDir, "cloud-tasks.jsonl");
  const first = await startCloudTasksEmulator({ dataDir });
  const client = await createCloudTasksClient(first);
  await client.createQueue({ parent: "projects/bench/locations/local", queue: { name: QUEUE } });
  await client.pauseQueue({ name: QUEUE });
  await createTask(client, "sample", BODY_BYTES);
  await client.close();
  await first.stop();
  const entries = fs
    .readFileSync(journal, "utf8")
    .split("\n")
    .map((line) => line.slice(line.indexOf("{")));
  const task = entries.find((entry) => entry.includes('"task-created"')) ?? "";
  const file = fs.createWriteStream(journal);
  for (const entry of entries) if (entry.includes('"queue-set"')) file.write(`${entry}\n`);
  for (let n = 0; n < count; n++) {
    const copy = task.replace('"id":"sample"', `"id":"stored-${n}"`).replace(/"order":\d+/, `"order":${n}`);
    if (!file.write(`${copy}\n`)) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
}

type Client = Awaited<ReturnType<typeof createCloudTasksClient>>;

async function createTask(client: Client, id: string, bodyBytes: number): Promise<string> {
  const name = `${QUEUE}/tasks/${id}`;
  const scheduleTime = { seconds: Math.floor((Date.now() + HOUR_MS) / 1000) };
  const httpRequest = { url: "http://127.0.0.1:9/", body: Buffer.alloc(bodyBytes, 7) };
  await client.createTask({ parent: QUEUE, task: { name, scheduleTime, httpRequest } });
  return name;
}
