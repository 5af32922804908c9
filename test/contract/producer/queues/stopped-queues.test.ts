import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { findStoppedQueues } from "../../../../services/producer/queues/find-stopped-queues.ts";
import type { ShardStatus } from "../../../../services/producer/queues/queue-control.ts";
import { createLogger } from "../../../../shared/runtime/log.ts";
import { VirtualClock } from "handoff-emulators/clock";
import { NO_QUEUE_CONTROL } from "../../../harness/producer/no-queue-control.ts";
import { type ProducerHarness, setUpProducer } from "../../../harness/producer/producer-harness.ts";
import { TEST_REGISTRY } from "../../../harness/registry/test-registry.ts";

async function tick(producer: ProducerHarness) {
  expect(await producer.send("/v1/tick", { method: "POST" })).toMatchObject({ status: 200 });
  return producer.logged.map((line) => JSON.parse(line)).filter(({ message }) => message === "queues");
}

test("each tick logs which queues are paused", async () => {
  const producer = await setUpProducer({ delivering: true });
  expect(await tick(producer)).toMatchObject([{ severity: "INFO", stopped: 0, names: [], failed: 0 }]);

  await producer.send("/v1/queues/default/pause", { method: "POST" });

  expect((await tick(producer)).at(-1)).toMatchObject({ stopped: 1, names: ["default-2"], failed: 0 });
});

test("each of a queue's shards counts", async () => {
  const producer = await setUpProducer({ twice: ["bulk"] });
  const all = ["bulk-2", "bulk-3", "critical-2", "default-2"];
  expect(await tick(producer)).toMatchObject([{ stopped: all.length, names: all }]);
});

test("a tick does its work even if a queue can't be read", async () => {
  const producer = await setUpProducer({ delivering: true });
  const answer = { status: status.PERMISSION_DENIED } as const;
  void producer.tasksProxy.inject({ rpc: "GetQueue", when: "before-effect", answer, times: 1 });

  expect(await tick(producer)).toMatchObject([{ stopped: 0, failed: 1 }]);
});

const NOW_MS = Date.UTC(2027, 0, 1);
const MINUTE_MS = 60_000;
const RUNNING: ShardStatus = {
  name: "q",
  state: "running",
  depth: 1,
  inFlight: 0,
  dispatchedLastMinute: 0,
  effectiveRate: 1,
  maxDispatchesPerSecond: 1,
  maxConcurrentDispatches: 1,
};

test.each<[string, Partial<ShardStatus>, boolean]>([
  ["is empty", { depth: 0 }, false],
  ["holds tasks for next week", { depth: 5_000, nextDueAtMs: NOW_MS + 7 * 24 * 60 * MINUTE_MS }, false],
  ["holds tasks that were due nine minutes ago", { nextDueAtMs: NOW_MS - 9 * MINUTE_MS }, false],
  ["holds tasks that were due eleven minutes ago", { nextDueAtMs: NOW_MS - 11 * MINUTE_MS }, true],
  ["is behind, but delivers", { nextDueAtMs: NOW_MS - 11 * MINUTE_MS, dispatchedLastMinute: 1 }, false],
  ["is behind, and waits for responses", { nextDueAtMs: NOW_MS - 11 * MINUTE_MS, inFlight: 1 }, false],
  ["is disabled", { state: "disabled" }, true],
])("a queue that %s: %j, stopped: %s", async (_, given, isStopped) => {
  const shard = { ...RUNNING, ...given };
  const seen = await findStoppedQueues({
    registry: { ...TEST_REGISTRY, queues: new Map([...TEST_REGISTRY.queues].slice(0, 1)) },
    queues: { ...NO_QUEUE_CONTROL, status: async () => ({ ...shard, shards: [shard] }) },
    clock: new VirtualClock({ startMs: NOW_MS }),
    log: createLogger({ service: "producer", destination: { write: () => undefined } }),
  });
  expect(seen).toEqual({ stopped: isStopped ? 1 : 0, names: isStopped ? ["q"] : [], failed: 0 });
});
