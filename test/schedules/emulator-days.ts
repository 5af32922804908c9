import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { VirtualClock } from "handoff-emulators/clock";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { seeded } from "../../packages/emulators/test/contract/firestore/support/seeded.ts";
import { firestoreSchedules } from "../../services/producer/schedules/firestore-schedules.ts";
import type { ScheduleStore } from "../../services/producer/schedules/schedule-store.ts";
import { relaySafely } from "../../shared/outbox/relay-safely.ts";
import { sweepOutbox } from "../../shared/outbox/sweep.ts";
import { createCloudTasksQueue } from "../../shared/queue/cloud-tasks-queue.ts";
import { Documents } from "../../shared/records/documents.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { createCloudTasksClient } from "../../shared/runtime/google-clients.ts";
import { createLogger } from "../../shared/runtime/log.ts";
import { connectToEmulator } from "../harness/firestore/connect-to-emulator.ts";
import { relayOf } from "../harness/producer/test-relay.ts";
import { deployTestQueues } from "../harness/registry/test-queues.ts";
import { dueByHand } from "./hand-clock.ts";
import { brokenBy } from "./promises.ts";
import { THIRTY_QUIETER_SCHEDULES, ticked } from "./thirty-schedules.ts";
import { type TickFaults, tickThrough } from "./ticks.ts";
import type { Days } from "./virtual-days.ts";

const PARENT = "projects/handoff-test/locations/europe-west1";
const SWEEP_MS = 60_000;
const PAGE = 1_000;

/**
 * The same against the emulators, through Google's clients, on their virtual clock: commits go to the Firestore emulator, and
 * the tasks to a queue that holds them.
 */
export async function emulatorDays(span: {
  readonly fromMs: number;
  readonly toMs: number;
  readonly seed: number;
  readonly faults: TickFaults;
}): Promise<Days> {
  const { fromMs, toMs, seed, faults } = span;
  const world = await startWorld(fromMs);
  const times = new Map<string, { readonly name: string; readonly dueAtMs: number }>();
  const twice: string[] = [];
  const store = noting(world.store, times, twice);
  const { clock, relay } = world;
  const advance = (ms: number): Promise<void> => clock.advance(ms);
  const ticking = { schedules: THIRTY_QUIETER_SCHEDULES, random: seeded(seed), faults, store };
  const ticks = await tickThrough(
    { toMs },
    {
      ...ticking,
      clock: { now: () => clock.now(), advance },
      // Now and then, a task is left to the sweep.
      relay: async (id) =>
        id.startsWith("0") ? undefined : await relaySafely(id, relay, systemClock.now() + SWEEP_MS),
    },
  );
  await clock.advance("1m");
  for (let left = 1; left > 0;) left = (await sweepOutbox(relay, systemClock.now() + SWEEP_MS)).relayed;
  const { byName } = await world.store.list(systemClock.now() + SWEEP_MS);
  const made = await world.taskIds();
  await world.stop();
  const firedBy = Map.groupBy(made, (id) => times.get(id)?.name ?? "unknown");
  const broken = [...THIRTY_QUIETER_SCHEDULES.values()].flatMap((schedule) => {
    const startedAtMs = byName.get(schedule.name)?.state.startedAtMs ?? Infinity;
    const fired = (firedBy.get(schedule.name) ?? []).map((id) => times.get(id)?.dueAtMs ?? Number.NaN);
    return brokenBy({ schedule, startedAtMs, fired, due: dueByHand(schedule, { fromMs, toMs }) }, ticks);
  });
  const unknown = (firedBy.get("unknown") ?? []).map((id) => `${id} belongs to no schedule`);
  return { fired: made.length, ticks: ticks.looks.length, broken: [...broken, ...twice, ...unknown] };
}

/** Notes which task belongs to which time, and times that were committed twice: they have one task. */
function noting(
  store: ScheduleStore,
  times: Map<string, { name: string; dueAtMs: number }>,
  twice: string[],
): ScheduleStore {
  const committed = new Set<string>();
  return {
    list: () => store.list(systemClock.now() + SWEEP_MS),
    commit: async (change, on) => {
      if (change.kind === "fire") times.set(change.task.entry.taskId, { name: on.name, dueAtMs: change.dueAtMs });
      const written = await store.commit(change, on, systemClock.now() + SWEEP_MS);
      if (!written || change.kind !== "fire") return written;
      const time = `${on.name}, ${new Date(change.dueAtMs).toISOString()}`;
      if (committed.has(time)) twice.push(`a time has fired twice: ${time}`);
      committed.add(time);
      return written;
    },
  };
}

async function startWorld(startMs: number) {
  const clock = new VirtualClock({ startMs });
  const cloudTasks = await startCloudTasksEmulator({ clock });
  const firestore = await startFirestoreEmulator({ clock });
  const client = await createCloudTasksClient(cloudTasks);
  const queue = `${PARENT}/queues/${ticked.queue}`;
  await client.createQueue({ parent: PARENT, queue: { name: queue } });
  await client.pauseQueue({ name: queue });
  const queues = deployTestQueues((key) => key);
  const documents = new Documents({ db: connectToEmulator(firestore), clock: systemClock });
  const relay = {
    ...relayOf({
      documents,
      queue: createCloudTasksQueue(client, {
        project: "handoff-test",
        location: "europe-west1",
        queues,
        workerUrl: "https://worker.example",
        workerAudience: "https://audience.example",
        invokerServiceAccount: "invoker@handoff-test.iam.gserviceaccount.com",
      }),
      clock: systemClock,
      log: createLogger({ service: "producer", level: "silent" }),
      types: new Map([[ticked.type, ticked]]),
      queues,
    }),
  };
  return {
    clock,
    relay,
    store: firestoreSchedules(documents),
    /** The ids of all tasks that were made. */
    async taskIds(): Promise<string[]> {
      const ids: string[] = [];
      for await (const { name } of client.listTasksAsync({ parent: queue, pageSize: PAGE }, { autoPaginate: false })) {
        ids.push(name?.split("/").at(-1) ?? "");
      }
      return ids;
    },
    async stop(): Promise<void> {
      await Promise.all([client.close(), documents.close(systemClock)]);
      await Promise.all([cloudTasks.stop(), firestore.stop()]);
    },
  };
}
