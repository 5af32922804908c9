import type { CloudTasksClient } from "@google-cloud/tasks";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { onTestFinished as afterRunningTest } from "vitest";
import { OutboxStore } from "../../../shared/outbox/outbox-store.ts";
import { createOwnRelay } from "../../../shared/outbox/own-relay.ts";
import type { Relay } from "../../../shared/outbox/relay.ts";
import { createCloudTasksQueue } from "../../../shared/queue/cloud-tasks-queue.ts";
import { readQueuedTask } from "../../../shared/queue/cloud-tasks-wire.ts";
import { createCloudTasksClient } from "../../../shared/runtime/google-clients.ts";
import { AUDIENCE, INVOKER } from "../auth/token-rules.ts";
import { startFaultProxy } from "../network/fault-proxy.ts";
import { TEST_QUEUES, deployTestQueues } from "../registry/test-queues.ts";
import type { RelayParts, WorkerHarnessOptions } from "./worker-harness.ts";

const LOCATION = "projects/handoff-test/locations/europe-west1";

/** How long Firestore keeps a refused entry's dead letter: ten days. */
const DEAD_LETTER_RETENTION_MS = 864_000_000;

/**
 * Paused queues for a worker's own entries, in an emulator behind a proxy that can inject faults. It starts on first
 * use, so that tests that create no task don't pay for it.
 */
export function workerQueues(onTestFinished: NonNullable<WorkerHarnessOptions["onTestFinished"]> = afterRunningTest) {
  const start = async () => {
    const names = Object.keys(TEST_QUEUES).map((key) => `${LOCATION}/queues/${key}-queue`);
    const emulator = await startCloudTasksEmulator({ queues: names.map((name) => ({ name, state: "PAUSED" })) });
    const faults = await startFaultProxy(emulator);
    const admin = await createCloudTasksClient(emulator);
    const client = await createCloudTasksClient(faults);
    onTestFinished(async () => {
      faults.calm();
      await Promise.all([client.close(), admin.close()]);
      await faults.stop();
      await emulator.stop();
    });
    return { emulator, faults, admin, client };
  };
  let starting: ReturnType<typeof start> | undefined;
  const started = (): ReturnType<typeof start> => (starting ??= start());

  /** What the sweep and the worker's own relay share. */
  const relayOf = ({ documents, handlers, clock, log }: RelayParts): Relay => ({
    outbox: new OutboxStore(documents),
    queue: createCloudTasksQueue(async (): Promise<CloudTasksClient> => (await started()).client, {
      project: "handoff-test",
      location: "europe-west1",
      queues: deployTestQueues((key) => `${key}-queue`),
      workerUrl: "https://worker.example",
      workerAudience: AUDIENCE,
      invokerServiceAccount: INVOKER,
    }),
    rules: {
      types: new Map(handlers.map(({ taskType }) => [taskType.type, taskType])),
      queues: deployTestQueues((key) => `${key}-queue`),
      maxPayloadBytes: 1_000_000,
    },
    deadLetterRetentionMs: DEAD_LETTER_RETENTION_MS,
    clock,
    log,
  });
  return {
    started,
    relayOf,
    /** For a worker's harness. */
    relay: (parts: RelayParts) => createOwnRelay(relayOf(parts)),
    /** How many times CreateTask has reached the emulator. */
    async creations(): Promise<number> {
      return starting ? ((await starting).emulator.calls.get("CreateTask") ?? 0) : 0;
    },
    /** The envelopes of the tasks in all queues, sorted by their payloads as JSON. */
    async queued() {
      const { admin } = await started();
      const lists = Object.keys(TEST_QUEUES).map(async (key) => {
        const [tasks] = await admin.listTasks({ parent: `${LOCATION}/queues/${key}-queue`, responseView: "FULL" });
        return tasks.map((task) => ({ ...readQueuedTask(task).envelope }));
      });
      const text = ({ payload }: { payload?: unknown }): string => JSON.stringify(payload);
      return (await Promise.all(lists)).flat().toSorted((a, b) => text(a).localeCompare(text(b)));
    },
  };
}
