import { Timestamp } from "@google-cloud/firestore";
import { expect, it } from "vitest";
import { type Standing, admitEarly, standingOf } from "../../../../services/worker/lifecycle/admission.ts";
import { randomTaskId } from "../../../../shared/contract/task-id.ts";
import type { TaskRecord } from "../../../../shared/records/task-record.ts";

const NOW_MS = Date.UTC(2026, 0, 2);
const LEASE_MS = 50_000;
const MAX_ATTEMPTS = 3;
const at = (ms: number) => Timestamp.fromMillis(ms);

/** The record of another attempt, the second, which failed; its task waits for the next. */
const WAITING: TaskRecord = {
  queue: "default",
  type: "webhook.deliver",
  state: "waiting",
  owner: "other",
  fence: 7,
  attempts: 2,
  claimedAt: null,
  leaseMs: 0,
  payloadHash: "same",
  firstSeenAt: at(NOW_MS - 3_600_000),
  finishedAt: null,
  lastError: null,
  result: null,
  expireAt: at(NOW_MS + 86_400_000),
};

/** The same, claimed so long ago that `leftMs` of its lease remain. */
const runningFor = (leftMs: number, over: Partial<TaskRecord> = {}): TaskRecord => ({
  ...WAITING,
  state: "running",
  claimedAt: at(NOW_MS - LEASE_MS + leftMs),
  leaseMs: LEASE_MS,
  ...over,
});

const CLAIMANT = {
  owner: "mine",
  payloadHash: "same",
  maxAttempts: MAX_ATTEMPTS,
  isRepeated: true,
  taskId: randomTaskId({ queue: "default", idempotency: "claim" }),
  hop: 0,
  instance: "mine/1",
  startedAtMs: NOW_MS,
};

const decide = (record: TaskRecord | null, ageMs = 0, mayHaveRunUnseen = false) =>
  standingOf(record, { ...CLAIMANT, hopAtMs: NOW_MS - ageMs, mayHaveRunUnseen }, NOW_MS);

it("starts a task without a record as its first attempt", () => {
  expect(decide(null)).toEqual({ kind: "free", fence: 1, attempts: 1, from: null });
});

it.each(["succeeded", "dead", "cancelled"] as const)("takes a task that has %s as a duplicate", (state) => {
  expect(decide({ ...WAITING, state })).toEqual({ kind: "duplicate", state });
});

it("starts a waiting task with the next fence and attempt", () => {
  expect(decide(WAITING)).toEqual({ kind: "free", fence: 8, attempts: 3, from: WAITING });
});

it.each([1, 25_000, 50_000])("waits for the remaining %s ms of another's lease", (leftMs) => {
  expect(decide(runningFor(leftMs))).toEqual({ kind: "busy", retryAfterMs: leftMs });
});

it.each([0, -1, -86_400_000])("takes a running task over, %s ms before the end of its lease", (leftMs) => {
  const record = runningFor(leftMs);
  expect(decide(record)).toEqual({ kind: "free", fence: 8, attempts: 3, from: record });
});

it.each([
  ["waits", { ...WAITING, attempts: 3 }],
  ["runs no more", runningFor(0, { attempts: 3 })],
  ["was allowed more attempts before", { ...WAITING, attempts: 9 }],
])("is exhausted if a task that had its last attempt %s", (_name, record) => {
  expect(decide(record)).toEqual({ kind: "exhausted", record });
});

it("waits for the last allowed attempt while its lease runs", () => {
  expect(decide(runningFor(1, { attempts: 3 }))).toEqual({ kind: "busy", retryAfterMs: 1 });
});

it.each(["running", "waiting", "succeeded", "dead", "cancelled"] as const)(
  "recognises its own %s record, whatever else is in it",
  (state) => {
    const record = runningFor(1, { state, owner: "mine", payloadHash: "different", attempts: 3, expireAt: at(0) });
    expect(decide(record)).toEqual({ kind: "own", record });
  },
);

it.each(["running", "waiting", "succeeded", "dead", "cancelled"] as const)(
  "is a conflict when the %s record has another payload",
  (state) => {
    expect(decide(runningFor(1, { state, payloadHash: "different" }))).toEqual({ kind: "conflict" });
  },
);

it.each(["running", "waiting", "succeeded", "dead", "cancelled"] as const)(
  "treats a task whose %s record has expired as new, but with the next fence",
  (state) => {
    const record = runningFor(0, { state, payloadHash: "different", attempts: 3, expireAt: at(NOW_MS) });
    expect(decide(record)).toEqual({ kind: "free", fence: 8, attempts: 1, from: null });
  },
);

it("waits for another's lease even if an instance with a wrong clock made the record expire", () => {
  expect(decide(runningFor(1, { expireAt: at(0) }))).toEqual({ kind: "busy", retryAfterMs: 1 });
});

it("keeps its promises for every combination of record and time", () => {
  const kinds = new Set<Standing["kind"]>();
  for (const record of allRecords()) {
    const decision = decide(record);
    kinds.add(decision.kind);
    expect({ broken: brokenPromises(record, decision), record }).toEqual({ broken: [], record });
  }
  expect([...kinds].toSorted()).toEqual(["busy", "conflict", "duplicate", "exhausted", "free", "own"]);
});

function brokenPromises(record: TaskRecord, decision: Standing): string[] {
  const broken: string[] = [];
  const leaseRuns = record.state === "running" && leaseEndMs(record) > NOW_MS;
  if ((record.owner === "mine") !== (decision.kind === "own")) broken.push("knows its own record and no other");
  if (decision.kind === "busy" && !(decision.retryAfterMs > 0)) broken.push("waits for some time");
  if (decision.kind !== "free") return broken;
  if (leaseRuns) broken.push("takes nothing while a lease runs");
  if (decision.fence !== record.fence + 1) broken.push("takes the next fence");
  if (decision.attempts > MAX_ATTEMPTS) broken.push("takes no attempt beyond the last");
  return broken;
}

function* allRecords(): Generator<TaskRecord> {
  for (const state of ["running", "waiting", "succeeded", "dead", "cancelled"] as const)
    for (const owner of ["mine", "other"])
      for (const payloadHash of ["same", "different"])
        for (const leftMs of [-1, 0, 1])
          for (const expiresInMs of [-1, 0, 1])
            for (const attempts of [0, 1, 2, 3, 4]) {
              const expireAt = at(NOW_MS + expiresInMs);
              yield runningFor(leftMs, { state, owner, payloadHash, attempts, expireAt });
            }
}

function leaseEndMs(record: TaskRecord): number {
  return (record.claimedAt?.toMillis() ?? 0) + record.leaseMs;
}

it("gives up on a task half a day before Cloud Tasks deletes it, unless it has no record or is running", () => {
  const LIMIT_MS = 30.5 * 86_400_000;
  expect(decide(WAITING, LIMIT_MS - 1)).toEqual({ kind: "free", fence: 8, attempts: 3, from: WAITING });
  expect(decide(WAITING, LIMIT_MS)).toEqual({ kind: "too-old", record: WAITING, nextFence: 8 });
  expect(decide(null, LIMIT_MS)).toEqual({ kind: "free", fence: 1, attempts: 1, from: null });
  expect(decide(runningFor(1), LIMIT_MS)).toEqual({ kind: "busy", retryAfterMs: 1 });
});

it("also gives up on a task without a record at that age, if killed attempts may have left none", () => {
  const LIMIT_MS = 30.5 * 86_400_000;
  expect(decide(null, LIMIT_MS - 1, true)).toEqual({ kind: "free", fence: 1, attempts: 1, from: null });
  expect(decide(null, LIMIT_MS, true)).toEqual({ kind: "too-old", record: null, nextFence: 1 });
  const expired = { ...WAITING, expireAt: at(NOW_MS) };
  expect(decide(expired, LIMIT_MS, true)).toEqual({ kind: "too-old", record: null, nextFence: 8 });
});

it("is never too old at the first delivery of a hop, and is as old as its hop", () => {
  const first = { ...CLAIMANT, hopAtMs: 0, isRepeated: false, mayHaveRunUnseen: true };
  expect(standingOf(WAITING, first, NOW_MS)).toMatchObject({ kind: "free" });
  expect(standingOf(null, first, NOW_MS)).toMatchObject({ kind: "free" });
  expect(standingOf(WAITING, { ...first, isRepeated: true }, NOW_MS)).toMatchObject({ kind: "too-old" });
});

it.each([
  ["waits", WAITING],
  ["runs", runningFor(1)],
  ["was lost", runningFor(0)],
  ["has no attempts left", { ...WAITING, attempts: 3 }],
  ["is to be cancelled", { ...WAITING, cancelRequestedAt: at(NOW_MS) }],
])("is a duplicate if the task is at a later hop, which %s", (_name, record) => {
  expect(decide({ ...record, hop: 1 })).toEqual({ kind: "duplicate", state: record.state });
});

it("continues at its own hop if that is later than the record's", () => {
  const third = { ...CLAIMANT, hop: 3, hopAtMs: NOW_MS, mayHaveRunUnseen: false };
  for (const hop of [undefined, 1, 2, 3]) {
    const record = { ...WAITING, hop };
    expect(standingOf(record, third, NOW_MS)).toEqual({ kind: "free", fence: 8, attempts: 3, from: record });
  }
  expect(standingOf({ ...runningFor(1), hop: 2 }, third, NOW_MS)).toEqual({ kind: "busy", retryAfterMs: 1 });
});

const DUE_MS = NOW_MS + 60_000;

const early = (record: TaskRecord | null, over: { isDue?: boolean; isRepeated?: boolean } = {}) =>
  admitEarly(
    record,
    { ...CLAIMANT, hop: 2, hopAtMs: 0, mayHaveRunUnseen: true, isRepeated: over.isRepeated ?? false },
    { dueAtMs: DUE_MS, readTimeMs: NOW_MS, isDue: over.isDue ?? false },
  );

it.each([
  ["no record", null, { attempts: 0, log: [], as: { owner: "mine", fence: 1, from: null } }],
  ["a record", WAITING, { attempts: 2, log: [], as: { owner: "mine", fence: 8, from: WAITING } }],
])("moves a task with %s to its next hop if it is early, and counts nothing", (_name, record, written) => {
  for (const isRepeated of [false, true]) {
    expect(early(record, { isRepeated })).toEqual({
      kind: "reject",
      outcome: { kind: "rescheduled", dueAtMs: DUE_MS },
      transition: { kind: "hop", next: { hop: 3, notBeforeMs: DUE_MS }, ...written },
    });
  }
});

it("writes the hop of an early delivery once", () => {
  const own = { ...WAITING, owner: "mine", hop: 3 };
  expect(early(own)).toEqual({
    kind: "reject",
    outcome: { kind: "rescheduled", dueAtMs: DUE_MS },
    transition: null,
  });
});

it("runs a task that is due by Firestore's clock", () => {
  expect(early(WAITING, { isDue: true })).toMatchObject({ kind: "run", transition: null });
});

it("doesn't postpone a task that has ended, is at a later hop, or is running", () => {
  expect(early({ ...WAITING, state: "cancelled" }).kind).toBe("reject");
  for (const record of [{ ...WAITING, state: "cancelled" } as const, { ...WAITING, hop: 3 }, runningFor(1)]) {
    expect(early(record)).toMatchObject({ kind: "reject", transition: null });
  }
});
