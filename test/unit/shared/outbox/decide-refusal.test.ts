import { Timestamp } from "@google-cloud/firestore";
import { expect, test } from "vitest";
import { CONFLICT, type Refusal, decideRefusal } from "../../../../shared/outbox/decide-refusal.ts";
import type { TaskRecord } from "../../../../shared/records/task-record.ts";

const NOW_MS = 1_000_000;
const UNFIT: Refusal = { kind: "unacceptable", error: { code: "unknown_queue", message: "No queue." } };
const NOT_OURS: Refusal = { kind: "not-its-own", error: { code: "wrong_id", message: "Wrong." } };
const LETTER = { kind: "refuseEntry", entryId: "entry-1", as: null };

function recordOf(over: Partial<TaskRecord>): TaskRecord {
  return {
    state: "waiting",
    owner: "earlier",
    fence: 3,
    attempts: 2,
    claimedAt: null,
    leaseMs: 0,
    payloadHash: "same",
    finishedAt: null,
    lastError: null,
    result: null,
    expireAt: Timestamp.fromMillis(NOW_MS + 1),
    ...over,
  };
}

function decide(record: TaskRecord | null, { refusal = UNFIT, hop = 0 }: { refusal?: Refusal; hop?: number } = {}) {
  return decideRefusal(record, refusal, {
    entryId: "entry-1",
    hop,
    payloadHash: "same",
    owner: "me",
    readTimeMs: NOW_MS,
  });
}

test("a task without a record gets a dead one", () => {
  const as = { owner: "me", fence: 0, from: null };
  expect(decide(null)).toEqual({ ...LETTER, error: UNFIT.error, as });
});

test("only the fence of an expired record is kept", () => {
  const expired = recordOf({ expireAt: Timestamp.fromMillis(NOW_MS), payloadHash: "other" });
  expect(decide(expired)).toMatchObject({ as: { owner: "me", fence: 4, from: null } });
});

test("the record of another payload is left alone", () => {
  expect(decide(recordOf({ payloadHash: "other" }))).toEqual({ ...LETTER, error: CONFLICT.error });
});

test("an entry that isn't its task's becomes a letter, whatever the record", () => {
  for (const record of [null, recordOf({}), recordOf({ payloadHash: "other" })]) {
    expect(decide(record, { refusal: NOT_OURS })).toEqual({ ...LETTER, error: NOT_OURS.error });
  }
});

/** Of a hop 2 that can't be relayed. */
test.each<[string, Partial<TaskRecord>, "dead" | "superfluous" | "letter"]>([
  ["waits for it", { hop: 2 }, "dead"],
  ["had a delivery of it, and waits for the next", { hop: 2, hopAt: "2026-05-01T10:00:00Z" }, "superfluous"],
  ["runs it", { hop: 2, hopAt: "2026-05-01T10:00:00Z", state: "running" }, "superfluous"],
  ["has gone on", { hop: 3 }, "superfluous"],
  ["has ended", { hop: 2, state: "succeeded" }, "superfluous"],
  ["ended before", { hop: 1, state: "cancelled" }, "superfluous"],
  ["hasn't reached it", { hop: 1 }, "letter"],
  ["is at its first hop", {}, "letter"],
])("of a task that %s", (_, fields, expected) => {
  const record = recordOf(fields);
  const dead = { ...LETTER, error: UNFIT.error, as: { owner: "me", fence: 4, from: record } };
  const results = { dead, superfluous: "superfluous", letter: { ...LETTER, error: UNFIT.error } } as const;
  expect(decide(record, { hop: 2 })).toEqual(results[expected]);
});

test.each(["waiting", "running", "succeeded", "dead", "cancelled"] as const)(
  "a first hop is superfluous once its task has a record: %s",
  (state) => {
    expect(decide(recordOf({ state }))).toBe("superfluous");
  },
);
