import { CloudTasksClient } from "@google-cloud/tasks";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import type { DeployedQueues } from "../../../shared/contract/queues.ts";
import { Documents } from "../../../shared/records/documents.ts";
import { TaskStore } from "../../../shared/records/task-store.ts";
import { type Clock, systemClock } from "../../../shared/runtime/clock.ts";
import { createCloudTasksClient, lateStatisticsClient } from "../../../shared/runtime/google-clients.ts";
import { connectToEmulator } from "../firestore/connect-to-emulator.ts";
import { type ProxyListener, startFaultProxy } from "../network/fault-proxy.ts";
import { QUEUES_PATH } from "./producer-queues.ts";

/** What a producer under test has behind it. */
export interface BackendOptions {
  readonly queues: DeployedQueues;
  /** Whether the queues deliver. */
  readonly delivering: boolean;
  /** The producer's clock. */
  readonly clock: Clock;
  /** Receives the calls to Firestore. */
  readonly cost: ProxyListener | undefined;
}

/** Emulators behind proxies that can inject faults, the producer's clients of them, and clients that go past the proxies. */
export async function startBackends({ queues, delivering, clock, cost }: BackendOptions) {
  const state = delivering ? "RUNNING" : "PAUSED";
  const names = [...queues.values()].flatMap((deployed) => deployed.names);
  const cloudTasks = await startCloudTasksEmulator({
    queues: names.map((name) => ({ name: `${QUEUES_PATH}/${name}`, state })),
  });
  const firestore = await startFirestoreEmulator();
  const tasksProxy = await startFaultProxy(cloudTasks);
  const recordsProxy = await startFaultProxy(firestore, cost);
  // Most tests don't use it, and making it takes longer than starting the emulator.
  let admin: CloudTasksClient | undefined;
  const client = await createCloudTasksClient(tasksProxy);
  const statistics = lateStatisticsClient(tasksProxy);
  const documents = new Documents({ db: connectToEmulator(recordsProxy), clock });
  const store = new TaskStore(documents);
  const pastIt = connectToEmulator(firestore);
  return {
    emulators: { cloudTasks, firestore },
    tasksProxy,
    recordsProxy,
    /** Google's client of the queues, past the proxy. */
    admin: () => (admin ??= new CloudTasksClient(cloudTasks.clientOptions())),
    client,
    statistics,
    documents,
    store,
    pastIt,
    async stop() {
      tasksProxy.calm();
      recordsProxy.calm();
      await store.close(systemClock);
      await Promise.all([client.close(), statistics.close(), admin?.close(), pastIt.terminate()]);
      await Promise.all([tasksProxy.stop(), recordsProxy.stop()]);
      await Promise.all([cloudTasks.stop(), firestore.stop()]);
    },
  };
}

export type Backends = Awaited<ReturnType<typeof startBackends>>;
