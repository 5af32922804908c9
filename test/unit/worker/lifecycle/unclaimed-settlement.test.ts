import { Timestamp } from "@google-cloud/firestore";
import { expect, it } from "vitest";
import { settleUnclaimed } from "../../../../services/worker/lifecycle/record-settlement.ts";
import type { AttemptEnd } from "../../../../services/worker/lifecycle/settlement.ts";
import { randomTaskId } from "../../../../shared/contract/task-id.ts";
import type { TaskRecord } from "../../../../shared/records/task-record.ts";

const NOW_MS = Date.UTC(2026, 0, 2);
const OLD_MS = 30.5 * 24 * 3_600_000;
const error = { code: "its_own", message: "Its own error." };

/** The first attempt of three has failed. */
const WAITING: TaskRecord = {
  queue: "bulk",
  type: "test.natural",
  state: "waiting",
  owner: "other",
  fence: 4,
  attempts: 1,
  claimedAt: null,
  leaseMs: 0,
  payloadHash: "same",
  firstSeenAt: Timestamp.fromMillis(NOW_MS - OLD_MS),
  finishedAt: null,
  lastError: null,
  result: null,
  expireAt: Timestamp.fromMillis(NOW_MS + OLD_MS),
};

const decide = (record: TaskRecord | null, end: AttemptEnd, ageMs = 0, triedFence: number | null = null) =>
  settleUnclaimed(
    record,
    {
      claimant: {
        owner: "mine",
        payloadHash: "same",
        maxAttempts: 3,
        hopAtMs: NOW_MS - ageMs,
        isRepeated: true,
        taskId: randomTaskId({ queue: "default", idempotency: "claim" }),
        mayHaveRunUnseen: true,
        hop: 0,
        instance: "mine/1",
        startedAtMs: NOW_MS,
      },
      end,
      endedAtMs: NOW_MS,
      triedFence,
    },
    NOW_MS,
  );

it.each([
  ["is too old", { ...WAITING }, OLD_MS, 2],
  ["has had more attempts than are allowed by now", { ...WAITING, attempts: 7 }, 0, 8],
])("doesn't dead-letter a task whose handler has just succeeded, even if it %s", (_, record, ageMs, attempts) => {
  expect(decide(record, { kind: "succeeded", result: 1 }, ageMs)).toMatchObject({
    transition: { kind: "complete", attempts, as: { owner: "mine", fence: 5 } },
    outcome: { kind: "done", result: 1 },
  });
});

it.each([
  ["is too old", { ...WAITING }, OLD_MS],
  ["has had more attempts than are allowed by now", { ...WAITING, attempts: 7 }, 0],
])("dead-letters a task that fails permanently with its own error, even if it %s", (_, record, ageMs) => {
  expect(decide(record, { kind: "permanent", error }, ageMs)).toMatchObject({
    transition: { kind: "deadLetter", error, as: { owner: "mine" } },
  });
});

it("dead-letters a task whose attempts are used up with the last one's error", () => {
  expect(decide({ ...WAITING, attempts: 7 }, { kind: "retry", error })).toMatchObject({
    transition: { kind: "deadLetter", attempts: 8, error, as: { fence: 5 } },
  });
});

it.each([
  ["asks for a retry", { kind: "retry", error }],
  ["is saturated", { kind: "saturated", error }],
] as const)("dead-letters a task as too old when its attempt %s", (_, end) => {
  expect(decide(WAITING, end, OLD_MS)).toMatchObject({
    transition: { kind: "deadLetter", attempts: 1, error: { code: "too_old" }, as: null },
  });
});

it("dead-letters a task without a record as too old, and writes a record", () => {
  expect(decide(null, { kind: "retry", error }, OLD_MS)).toMatchObject({
    transition: {
      kind: "deadLetter",
      attempts: 0,
      error: { code: "too_old" },
      as: { owner: "mine", fence: 1, from: null },
    },
  });
});

it.each([
  ["retry", { kind: "retry", error }],
  ["unknown type", { kind: "unknown-type", type: "some.type" }],
] as const)("does not count a %s again if it may have been recorded below another's", (_, end) => {
  expect(decide(WAITING, end, 0, 3)).toMatchObject({ transition: null, outcome: { kind: end.kind } });
});

it("counts a retry whose commit can't have taken effect, because another's has its fence", () => {
  expect(decide(WAITING, { kind: "retry", error }, 0, 4)).toMatchObject({
    transition: { kind: "retry", as: { fence: 5 } },
  });
});

it.each([
  ["complete", { kind: "succeeded", result: 1 }],
  ["deadLetter", { kind: "permanent", error }],
] as const)("records the transition %s, whatever was tried: nobody would have overwritten it", (kind, end) => {
  expect(decide(WAITING, end, 0, 3)).toMatchObject({ transition: { kind, as: { owner: "mine" } } });
});

it("starts afresh if the record has expired, keeping only its fence", () => {
  const expired = { ...WAITING, attempts: 2, unknownTypes: 8, expireAt: Timestamp.fromMillis(NOW_MS) };
  expect(decide(expired, { kind: "unknown-type", type: "some.type" })).toMatchObject({
    transition: { kind: "retry", attempts: 0, unknownTypes: 1, as: { fence: 5, from: null } },
  });
});

it("leaves a record alone that another attempt has ended, or that has another payload", () => {
  const end = { kind: "retry", error } as const;
  expect(decide({ ...WAITING, state: "dead" }, end)).toEqual({
    transition: null,
    outcome: { kind: "duplicate", state: "dead" },
  });
  expect(decide({ ...WAITING, payloadHash: "different" }, end)).toMatchObject({
    transition: { kind: "keepConflict", error: { code: "payload_conflict" } },
    outcome: { kind: "dead" },
  });
});

it.each([
  ["succeeded", { kind: "done", result: 9 }],
  ["cancelled", { kind: "duplicate", state: "cancelled" }],
  ["dead", { kind: "dead", error: { code: "as_recorded", message: "What it died of." } }],
  ["waiting", { kind: "retry", error }],
] as const)("follows its own %s record", (state, outcome) => {
  const lastError = { code: "as_recorded", message: "What it died of." };
  expect(decide({ ...WAITING, owner: "mine", state, result: 9, lastError }, { kind: "retry", error })).toEqual({
    transition: null,
    outcome,
  });
});

const HOP_1 = { hop: 1, notBefore: "2026-01-02T00:01:00.000Z" };

it.each([
  ["snoozes", { kind: "snoozed", delay: { forMs: 60_000 } }, {}],
  ["asks for a certain time", { kind: "retry", error, retryAfterMs: 60_000 }, { error }],
] as const)("answers an attempt that %s as rescheduled once its own hop is recorded", (_, end, said) => {
  const own = { ...WAITING, ...HOP_1, owner: "mine" };
  expect(decide(own, end)).toEqual({
    transition: null,
    outcome: { kind: "rescheduled", dueAtMs: NOW_MS + 60_000, ...said },
  });
});

it("leaves a task alone that is at a later hop, however the attempt ends", () => {
  const record = { ...WAITING, ...HOP_1 };
  for (const end of [
    { kind: "succeeded", result: 1 },
    { kind: "permanent", error },
    { kind: "retry", error },
    { kind: "snoozed", delay: { forMs: 60_000 } },
  ] as const) {
    expect(decide(record, end, 0, 3)).toEqual({ transition: null, outcome: { kind: "duplicate", state: "waiting" } });
  }
});

it("records a snooze even if another's end was recorded meanwhile, since its own hop would show", () => {
  expect(decide(WAITING, { kind: "snoozed", delay: { forMs: 60_000 } }, 0, null)).toMatchObject({
    transition: { kind: "snooze", attempts: 1, snoozes: 1, next: { hop: 1 }, as: { fence: 5 } },
  });
  const { recordedAs } = decide(WAITING, { kind: "snoozed", delay: { forMs: 60_000 } });
  expect(recordedAs).toBeUndefined();
});

it.each([
  ["snoozes", { kind: "snoozed", delay: { forMs: 60_000 } }],
  ["asks for a certain time", { kind: "retry", error, retryAfterMs: 60_000 }],
] as const)("saves a task that is about to be deleted for its age if its attempt %s", (_, end) => {
  expect(decide(WAITING, end, OLD_MS)).toMatchObject({
    transition: { next: { hop: 1, notBeforeMs: NOW_MS + 60_000 } },
    outcome: { kind: "rescheduled" },
  });
});

it("counts snoozes on from the record, unless the last attempt was lost", () => {
  const end = { kind: "snoozed", delay: { forMs: 60_000 } } as const;
  expect(decide({ ...WAITING, snoozes: 7 }, end).transition).toMatchObject({ snoozes: 8 });
  expect(decide({ ...WAITING, snoozes: 7, state: "running" }, end).transition).toMatchObject({ snoozes: 1 });
});
