import { randomUUID } from "node:crypto";
import { Timestamp } from "@google-cloud/firestore";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { decideTick } from "../../../../services/producer/schedules/decide-tick.ts";
import { firestoreSchedules } from "../../../../services/producer/schedules/firestore-schedules.ts";
import type { ScheduleChange } from "../../../../services/producer/schedules/schedule-state.ts";
import type { ReadSchedule, ScheduleStore } from "../../../../services/producer/schedules/schedule-store.ts";
import { newTaskEntryId, parseEntry } from "../../../../shared/outbox/entry.ts";
import { Documents } from "../../../../shared/records/documents.ts";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { connectToEmulator } from "../../../harness/firestore/connect-to-emulator.ts";
import { type MemorySchedules, memorySchedules } from "../../../harness/schedules/memory-schedules.ts";
import { SCHEDULES } from "../../../harness/schedules/test-schedules.ts";

const [EACH_MINUTE, NIGHTLY] = SCHEDULES;
const START_MS = Date.UTC(2026, 9, 24, 12);
const MINUTE_MS = 60_000;
/** Calls have all the time that they need. */
const LATER = Number.POSITIVE_INFINITY;

const clock = new VirtualClock({ startMs: START_MS });
let world: Awaited<ReturnType<typeof startWorld>>;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

async function startWorld() {
  const emulator = await startFirestoreEmulator({ clock });
  const db = connectToEmulator(emulator);
  const stop = async (): Promise<void> => {
    await db.terminate();
    await emulator.stop();
  };
  return { db, stop };
}

/** A store of each kind, with the ids of the entries that were committed to it. */
const STORES = {
  memory: () => {
    const store: MemorySchedules = memorySchedules(() => clock.now());
    const entries = async () => store.firings.map(({ entry }) => String(entry.taskId));
    return { store, entries };
  },
  Firestore: () => {
    const collectionPrefix = `t${randomUUID().slice(0, 8)}_`;
    const documents = new Documents({ db: world.db, clock: systemClock, collectionPrefix });
    const entries = async () =>
      (await documents.entries().get()).docs.map(({ id }) => id.slice(0, id.lastIndexOf(".")));
    return { store: firestoreSchedules(documents), entries, documents };
  },
} as const;

const START: ScheduleChange = { kind: "start", cron: NIGHTLY.cron, timeZone: NIGHTLY.timeZone };

/** The change by which a schedule fires at a minute. */
function fireAt(dueAtMs: number): Extract<ScheduleChange, { kind: "fire" }> {
  const { cron, timeZone } = EACH_MINUTE;
  const state = { cron, timeZone, startedAtMs: dueAtMs - MINUTE_MS, lastFiredAtMs: null, lastTaskId: null };
  const on = { nowMs: dueAtMs, isOff: false };
  const [change] = decideTick(EACH_MINUTE, { ...state, isPaused: false, isOff: false }, on);
  if (change?.kind !== "fire") throw new Error("It is due each minute.");
  return change;
}

const stateIn = async (store: ScheduleStore, name: string) => (await store.list(LATER)).byName.get(name);

/** A change that must be committed. */
async function commit(store: ScheduleStore, change: ScheduleChange, read?: ReadSchedule): Promise<ReadSchedule> {
  const written = await store.commit(change, { name: "nightly", read }, LATER);
  if (!written) throw new Error("It was as it was read.");
  return written;
}

describe.each(["memory", "Firestore"] as const)("a store in %s", (kind) => {
  it("has no state of a schedule until it starts, and then counts from the database's time", async () => {
    const { store } = STORES[kind]();
    const before = await store.list(LATER);
    expect(before.byName.size).toBe(0);
    expect(Math.abs(before.nowMs - clock.now())).toBeLessThan(MINUTE_MS);

    const started = await commit(store, START);
    expect(started.state).toEqual({
      cron: NIGHTLY.cron,
      timeZone: NIGHTLY.timeZone,
      startedAtMs: expect.any(Number),
      lastFiredAtMs: null,
      lastTaskId: null,
      isPaused: false,
      isOff: false,
    });
    expect(started.state.startedAtMs).toBeGreaterThanOrEqual(before.nowMs);
    const { nowMs, byName } = await store.list(LATER);
    expect(byName.get("nightly")?.state).toEqual(started.state);
    expect(nowMs).toBeGreaterThanOrEqual(started.state.startedAtMs);
  });

  it("commits a time with its task, and returns the new state", async () => {
    const { store, entries } = STORES[kind]();
    const fire = fireAt(START_MS);
    const fired = await commit(store, fire, await commit(store, START));

    expect(fired.state).toMatchObject({ lastFiredAtMs: START_MS, lastTaskId: fire.task.entry.taskId });
    expect((await stateIn(store, "nightly"))?.state).toEqual(fired.state);
    expect(await entries()).toEqual([fire.task.entry.taskId]);
  });

  it("accepts one of several changes of a schedule that were read at once, and commits nothing of the others", async () => {
    const { store, entries } = STORES[kind]();
    const twice = await Promise.all([1, 2].map(() => store.commit(START, { name: "nightly", read: undefined }, LATER)));
    expect(twice.filter((written) => written !== undefined)).toHaveLength(1);
    const read = await stateIn(store, "nightly");

    const [first, second, pause] = await Promise.all(
      [fireAt(START_MS), fireAt(START_MS + MINUTE_MS), { kind: "pause" } as const].map((change) =>
        store.commit(change, { name: "nightly", read }, LATER),
      ),
    );

    expect([first, second, pause].filter((written) => written !== undefined)).toHaveLength(1);
    expect(await entries()).toHaveLength(first || second ? 1 : 0);
    expect(await store.commit({ kind: "resume" }, { name: "nightly", read }, LATER)).toBeUndefined();
    expect(await store.commit(START, { name: "nightly", read: undefined }, LATER)).toBeUndefined();
  });

  it("pauses, resumes from then, turns off, and starts again with its state or without", async () => {
    const { store } = STORES[kind]();
    const fired = await commit(store, fireAt(START_MS), await commit(store, START));
    const paused = await commit(store, { kind: "pause" }, fired);
    expect(paused.state).toEqual({ ...fired.state, isPaused: true });

    await clock.advance("1h");
    const resumed = await commit(store, { kind: "resume" }, paused);
    expect(resumed.state).toEqual({ ...fired.state, startedAtMs: expect.any(Number) });
    expect(resumed.state.startedAtMs).toBeGreaterThanOrEqual(fired.state.startedAtMs + 60 * MINUTE_MS);

    const off = await commit(store, { kind: "turnOff" }, resumed);
    expect(off.state).toEqual({ ...resumed.state, isOff: true });
    const again = await commit(store, { ...START, cron: "0 3 * * *" }, off);
    expect(again.state).toMatchObject({ cron: "0 3 * * *", isOff: false, lastFiredAtMs: START_MS });
    const anew = await commit(store, { ...START, forgets: true }, again);
    expect(anew.state).toMatchObject({ cron: NIGHTLY.cron, lastFiredAtMs: null, lastTaskId: null });
    expect((await stateIn(store, "nightly"))?.state).toEqual(anew.state);
  });
});

it("a time's outbox entry can be relayed, with the schedule's minute in UTC as its origin", async () => {
  const { store, documents } = STORES.Firestore();
  const { task } = fireAt(Date.UTC(2026, 9, 25, 1, 30));
  await commit(store, { kind: "fire", dueAtMs: 0, task }, await commit(store, START));

  const id = newTaskEntryId(task.entry.taskId, task.payloadHash);
  expect(parseEntry(id, (await documents.entries().doc(id).get()).data())).toMatchObject({
    origin: ["schedule", "each-minute", "2026-10-25T01:30Z"],
    caller: "schedule:each-minute",
    type: "webhook.deliver",
    hop: 0,
  });
});

it.each<[string, object]>([
  ["nothing", {}],
  ["fields of other kinds", { cron: 7, timeZone: null, startedAt: "today", lastFiredAt: 1, paused: "yes", off: 0 }],
  ["no time at which it started", { cron: NIGHTLY.cron, timeZone: NIGHTLY.timeZone, paused: false }],
  [
    "a time to come",
    { cron: NIGHTLY.cron, timeZone: NIGHTLY.timeZone, lastFiredAt: Timestamp.fromDate(new Date("3000-01-01")) },
  ],
])("a document with %s in it starts again, and can fire", async (_, fields) => {
  const { store, documents } = STORES.Firestore();
  await documents.schedules().doc("nightly").set(fields);
  const { nowMs, byName } = await store.list(LATER);
  const read = byName.get("nightly");
  const [change] = decideTick(NIGHTLY, read?.state ?? null, { nowMs, isOff: false });

  expect(change).toMatchObject({ kind: "start" });
  const started = await commit(store, change ?? START, read);
  const nextMs = NIGHTLY.timing.next(started.state.startedAtMs) ?? 0;
  expect(decideTick(NIGHTLY, started.state, { nowMs: nextMs, isOff: false })).toMatchObject([
    { kind: "fire", dueAtMs: nextMs },
  ]);
});
