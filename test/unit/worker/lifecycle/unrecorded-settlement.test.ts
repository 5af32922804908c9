import { Timestamp } from "@google-cloud/firestore";
import { expect, it } from "vitest";
import type { AttemptEnd } from "../../../../services/worker/lifecycle/attempt-end.ts";
import { decideUnrecordedSettlement } from "../../../../services/worker/lifecycle/unrecorded-settlement.ts";
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
  decideUnrecordedSettlement(
    record,
    {
      claimant: {
        owner: "mine",
        payloadHash: "same",
        maxAttempts: 3,
        enqueuedAtMs: NOW_MS - ageMs,
        mayHaveRunUnseen: true,
      },
      end,
      triedFence,
    },
    NOW_MS,
  );

it.each([
  ["is too old", { ...WAITING }, OLD_MS, 2],
  ["has had more attempts than are allowed by now", { ...WAITING, attempts: 7 }, 0, 8],
])("does not bury a task whose handler has just succeeded, though it %s", (_, record, ageMs, attempts) => {
  expect(decide(record, { kind: "succeeded", result: 1 }, ageMs)).toMatchObject({
    kind: "settle",
    numbers: { owner: "mine", fence: 5, attempts },
    settlement: { state: "succeeded", outcome: { kind: "done", result: 1 } },
  });
});

it.each([
  ["is too old", { ...WAITING }, OLD_MS],
  ["has had more attempts than are allowed by now", { ...WAITING, attempts: 7 }, 0],
])("buries a task that fails for good with what it died of, though it %s", (_, record, ageMs) => {
  expect(decide(record, { kind: "permanent", error }, ageMs)).toMatchObject({
    kind: "settle",
    settlement: { state: "dead", error },
  });
});

it("buries a task whose attempts are used up with what the last one met", () => {
  expect(decide({ ...WAITING, attempts: 7 }, { kind: "retry", error })).toMatchObject({
    kind: "settle",
    numbers: { fence: 5, attempts: 8 },
    settlement: { state: "dead", error },
  });
});

it.each([
  ["asks for a retry", { kind: "retry", error }],
  ["is saturated", { kind: "saturated", error }],
] as const)("buries a task as too old whose attempt %s", (_, end) => {
  expect(decide(WAITING, end, OLD_MS)).toMatchObject({
    kind: "bury",
    settlement: { state: "dead", attempts: 1, error: { code: "too_old" } },
  });
});

it("buries a task without a record as too old in a new one", () => {
  expect(decide(null, { kind: "retry", error }, OLD_MS)).toMatchObject({
    kind: "bury",
    settlement: { state: "dead", attempts: 0, error: { code: "too_old" } },
    newRecord: { owner: "mine", fence: 1, attempts: 0 },
  });
});

it.each([
  ["retry", { kind: "retry", error }],
  ["unknown type", { kind: "unknown-type", type: "some.type" }],
] as const)("does not count a %s again that may have been recorded below another's", (_, end) => {
  expect(decide(WAITING, end, 0, 3)).toMatchObject({ kind: "answer", outcome: { kind: end.kind } });
});

it("counts a retry whose commit cannot have taken effect, since another's has its fence", () => {
  expect(decide(WAITING, { kind: "retry", error }, 0, 4)).toMatchObject({ kind: "settle", numbers: { fence: 5 } });
});

it.each([
  ["succeeded", { kind: "succeeded", result: 1 }],
  ["dead", { kind: "permanent", error }],
] as const)("records what makes a task %s, whatever was tried: nobody would have written over it", (state, end) => {
  expect(decide(WAITING, end, 0, 3)).toMatchObject({ kind: "settle", settlement: { state } });
});

it("begins anew where the record is past its time, with nothing of it but the fence", () => {
  const expired = { ...WAITING, attempts: 2, unknownTypes: 8, expireAt: Timestamp.fromMillis(NOW_MS) };
  expect(decide(expired, { kind: "unknown-type", type: "some.type" })).toMatchObject({
    kind: "settle",
    numbers: { fence: 5, attempts: 0 },
    settlement: { unknownTypes: 1 },
    record: null,
  });
});

it("leaves alone what another has ended, or another payload's", () => {
  const end = { kind: "retry", error } as const;
  expect(decide({ ...WAITING, state: "dead" }, end)).toEqual({
    kind: "answer",
    outcome: { kind: "duplicate", state: "dead" },
  });
  expect(decide({ ...WAITING, payloadHash: "different" }, end)).toMatchObject({
    kind: "keep-conflict",
    error: { code: "payload_conflict" },
  });
});

it.each([
  ["succeeded", { kind: "done", result: 9 }],
  ["cancelled", { kind: "duplicate", state: "cancelled" }],
  ["dead", { kind: "dead", error: { code: "as_recorded", message: "What it died of." } }],
  ["waiting", { kind: "retry", error }],
] as const)("answers by its own record that is %s", (state, outcome) => {
  const lastError = { code: "as_recorded", message: "What it died of." };
  expect(decide({ ...WAITING, owner: "mine", state, result: 9, lastError }, { kind: "retry", error })).toEqual({
    kind: "answer",
    outcome,
  });
});
