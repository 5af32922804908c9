import fs from "node:fs";
import { once } from "node:events";
import os from "node:os";
import path from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { createCloudTasksClient } from "../../../shared/runtime/google-clients.ts";
import { startCloudTasksEmulator } from "../../../packages/emulators/src/cloud-tasks/emulator.ts";

/**
 * Measures, in this process, a restart of the Cloud Tasks emulator with many stored tasks, and then how long its event
 * loop and its callers are held up while its journal grows until it is compacted. A pause is measured by the clock, and
 * by the processor time of the main thread, which other programs on the machine don't lengthen.
 */
const [storedTasks = "1000"] = process.argv.slice(2);
const QUEUE = "projects/bench/locations/local/queues/stored";
const BODY_BYTES = 500;
const HOUR_MS = 3_600_000;
const MIB = 2 ** 20;

const LARGE_BODY_BYTES = 200_000;
const CALL_EVERY_MS = 5;

const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "bench-"));
const journal = path.join(dataDir, "cloud-tasks.jsonl");
await storeTasks(Number(storedTasks));
await (await startCloudTasksEmulator({ dataDir })).stop();

const startedMs = performance.now();
const startedCpuMs = mainThreadCpuMs();
const emulator = await startCloudTasksEmulator({ dataDir });
const restartMs = performance.now() - startedMs;
const restartCpuMs = mainThreadCpuMs() - startedCpuMs;
const residentMib = process.memoryUsage.rss() / MIB;
const figures = { restartMs, restartCpuMs, residentMib, ...(await measureGrowth()) };
await emulator.stop();
fs.rmSync(dataDir, { recursive: true });
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0);

/** Writes a journal of the first version, which every later one reads, with many copies of one task. */
async function storeTasks(count: number): Promise<void> {
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

async function measureGrowth() {
  const client = await createCloudTasksClient(emulator);
  await createTask(client, "warm", BODY_BYTES);
  // It is compacted when it has at least doubled.
  const growUntil = 4 * fs.statSync(journal).size + 20 * MIB;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let grownBytes = 0;
  let longestCallMs = 0;
  let longestTurnCpuMs = 0;
  const growth = { isOver: false };
  const turns = async (): Promise<void> => {
    for (let before = mainThreadCpuMs(); !growth.isOver;) {
      await setTimeout(1);
      const now = mainThreadCpuMs();
      longestTurnCpuMs = Math.max(longestTurnCpuMs, now - before);
      before = now;
    }
  };
  const calls = async (): Promise<void> => {
    for (let n = 0; !growth.isOver; n++) {
      const calledMs = performance.now();
      await createTask(client, `small-${n}`, 10);
      longestCallMs = Math.max(longestCallMs, performance.now() - calledMs);
      await setTimeout(CALL_EVERY_MS);
    }
  };
  delay.enable();
  const measuring = [calls(), turns()];
  for (let n = 0; grownBytes < growUntil; n++) {
    await client.deleteTask({ name: await createTask(client, `large-${n}`, LARGE_BODY_BYTES) });
    grownBytes += (LARGE_BODY_BYTES * 4) / 3;
  }
  growth.isOver = true;
  await Promise.all(measuring);
  delay.disable();
  await client.close();
  return { longestPauseMs: delay.max / 1e6, longestTurnCpuMs, longestCallMs };
}

function mainThreadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
