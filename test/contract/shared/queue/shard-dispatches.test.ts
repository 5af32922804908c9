import { once } from "node:events";
import http from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { sealText } from "../../../../shared/contract/envelope.ts";
import { shardKeys, shareOf } from "../../../../shared/contract/queue-shards.ts";
import { randomTaskId } from "../../../../shared/contract/task-id.ts";
import { portOf } from "../../../../shared/http/listening-port.ts";
import { createCloudTasksQueue } from "../../../../shared/queue/cloud-tasks-queue.ts";
import { createCloudTasksClient } from "../../../../shared/runtime/google-clients.ts";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";

const LOCATION = "projects/handoff-test/locations/europe-west1";
const START_MS = Date.UTC(2026, 0, 1);
const SECOND_MS = 1_000;
const RATE = 1_500;
/**
 * Each shard delivers 824 in two seconds, with what it lets through at once in the first. Random ids give it 1,000 with a
 * standard deviation of 27, so that none runs out.
 */
const TASKS = 4_000;

const settings = {
  ...TEST_QUEUES.bulk,
  maxDispatchesPerSecond: RATE,
  maxConcurrentDispatches: 4_000,
  shards: { now: 4 },
};

/** A worker that answers at once, and counts deliveries by the second and the queue that they came from. */
async function startCounter(clock: VirtualClock) {
  const counts: Map<string, number>[] = [];
  const server = http.createServer((request, response) => {
    const second = Math.floor((clock.now() - START_MS) / SECOND_MS);
    const name = String(request.headers["x-cloudtasks-queuename"]);
    const bySecond = (counts[second] ??= new Map());
    bySecond.set(name, (bySecond.get(name) ?? 0) + 1);
    request.resume().once("end", () => response.end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${portOf(server)}`, counts };
}

it("a queue of four shards delivers at the requested rate, three times what one queue can, evenly spread", async () => {
  const clock = new VirtualClock({ startMs: START_MS - SECOND_MS });
  const emulator = await startCloudTasksEmulator({ clock });
  const client = await createCloudTasksClient(emulator);
  onTestFinished(async () => {
    await client.close();
    await emulator.stop();
  });
  const worker = await startCounter(clock);
  const [first = "", ...others] = shardKeys("bulk", settings);
  const names = [first, ...others] as const;
  for (const [shard, name] of names.entries()) {
    await client.createQueue({
      parent: LOCATION,
      queue: { name: `${LOCATION}/queues/${name}`, rateLimits: shareOf(settings, shard) },
    });
  }
  const queue = createCloudTasksQueue(client, {
    project: "handoff-test",
    location: "europe-west1",
    queues: new Map([["bulk", { settings, names }]]),
    workerUrl: worker.url,
    workerAudience: "https://audience.example",
    invokerServiceAccount: "invoker@handoff-test.iam.gserviceaccount.com",
  });
  const enqueue = async (): Promise<void> => {
    const id = randomTaskId({ queue: "bulk", idempotency: "claim" });
    const payload = { json: "{}", hash: "0".repeat(64) };
    const envelope = sealText({ id, type: "a", caller: "shop@example.com", payload, enqueuedAtMs: START_MS });
    const created = await queue.create({ envelope, dueAtMs: START_MS }, { clock: systemClock, timeoutMs: 20_000 });
    expect(created.kind).toBe("created");
  };
  for (let made = 0; made < TASKS; made += 100) await Promise.all(Array.from({ length: 100 }, enqueue));

  await clock.advance("4s");

  const perSecond = worker.counts.map((counts) => names.map((name) => counts.get(name) ?? 0));
  process.stdout.write(`dispatches of each shard, by the second: ${JSON.stringify(perSecond)}\n`);
  const [, second = []] = perSecond;
  expect(second.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0.99 * RATE);
  expect(second.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(RATE + names.length);
  for (const count of second) expect(Math.abs(count - RATE / names.length)).toBeLessThanOrEqual(0.01 * RATE);
});
