import { onTestFinished } from "vitest";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import type { VirtualClock } from "handoff-emulators/clock";
import { TASK_OUTBOX } from "../../../shared/outbox/entry.ts";
import { relayEntry } from "../../../shared/outbox/relay.ts";
import { createCloudTasksQueue } from "../../../shared/queue/cloud-tasks-queue.ts";
import { readQueuedTask } from "../../../shared/queue/cloud-tasks-wire.ts";
import { Documents } from "../../../shared/records/documents.ts";
import { DEAD_LETTERS } from "../../../shared/records/letters/dead-letter.ts";
import { systemClock } from "../../../shared/runtime/clock.ts";
import { createCloudTasksClient } from "../../../shared/runtime/google-clients.ts";
import { connectToEmulator } from "../firestore/connect-to-emulator.ts";
import { startFaultProxy } from "../network/fault-proxy.ts";
import { relayOf } from "../producer/test-relay.ts";
import { deployTestQueues } from "../registry/test-queues.ts";
import { TEST_REGISTRY } from "../registry/test-registry.ts";
import { captureLog } from "../runtime/captured-log.ts";

const PLACE = { project: "handoff-test", location: "europe-west1" };
const PARENT = `projects/${PLACE.project}/locations/${PLACE.location}`;
const RELAY_LIMIT_MS = 10_000;

/**
 * An outbox in a Firestore emulator, which the application reaches through a proxy that can inject faults, and a relay
 * that puts its entries into the paused queues of a Cloud Tasks emulator.
 *
 * @param options.clock the clock of Firestore and the relay. Default: the system's.
 */
export async function setUpOutbox({ clock }: { readonly clock?: VirtualClock } = {}) {
  const names = [...TEST_REGISTRY.queues.keys()].map((key) => `${PARENT}/queues/${key}`);
  const cloudTasks = await startCloudTasksEmulator({ queues: names.map((name) => ({ name, state: "PAUSED" })) });
  const firestore = await startFirestoreEmulator(clock ? { clock } : {});
  const faults = await startFaultProxy(firestore);
  const client = await createCloudTasksClient(cloudTasks);
  const appDb = connectToEmulator(faults);
  const db = connectToEmulator(firestore);
  const documents = new Documents({ db, clock: clock ?? systemClock });
  const queues = deployTestQueues((key) => key);
  const queue = createCloudTasksQueue(client, {
    ...PLACE,
    queues,
    workerUrl: "https://worker.example",
    workerAudience: "https://audience.example",
    invokerServiceAccount: "invoker@handoff-test.iam.gserviceaccount.com",
  });
  const { types } = TEST_REGISTRY;
  const relay = relayOf({ documents, queue, clock: clock ?? systemClock, log: captureLog().log, types, queues });
  onTestFinished(async () => {
    faults.calm();
    await appDb.terminate();
    await documents.close(systemClock);
    await client.close();
    await faults.stop();
    await Promise.all([firestore.stop(), cloudTasks.stop()]);
  });
  const entries = async () => (await db.collection(TASK_OUTBOX).get()).docs;
  return {
    /** The application's client. */
    appDb,
    db,
    faults,
    relay,
    /** How many times an RPC has reached Firestore. */
    calls: (rpc: string) => firestore.calls.get(rpc) ?? 0,
    entries,
    /** Relays every entry, as the trigger does. */
    relayAll: async () => {
      const until = relay.clock.now() + RELAY_LIMIT_MS;
      return await Promise.all((await entries()).map(({ id }) => relayEntry(id, relay, until)));
    },
    queued: async (queue: string) => {
      const [tasks] = await client.listTasks({ parent: `${PARENT}/queues/${queue}`, responseView: "FULL" });
      return tasks.map(readQueuedTask);
    },
    deadLetters: async () => (await db.collection(DEAD_LETTERS).get()).docs.map((doc) => doc.data()),
  };
}
