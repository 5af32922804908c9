import { Timestamp } from "@google-cloud/firestore";
import { describe, expect, it } from "vitest";
import type { Sighting } from "../../../../shared/queue/task-queue.ts";
import { describeTask } from "../../../../services/producer/tasks/task-status.ts";
import { TEST_REGISTRY } from "../../../harness/registry/test-registry.ts";
import type { TaskRecord } from "../../../../shared/records/task-record.ts";
import { parseTaskId } from "../../../../shared/contract/task-id.ts";

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);
const context = { types: TEST_REGISTRY.types, nowMs: NOW };

const DIGITS = "0123456789abcdef0123456789abcdef";
const id = parseTaskId(`${DIGITS}-default`)!;
const FRAME = { id: `${DIGITS}-default`, queue: "default", links: { self: `/v1/tasks/${DIGITS}-default` } };

const GONE: Sighting = { kind: "gone" };
const NEVER: Sighting = { kind: "never" };

function inQueue(task: Partial<Extract<Sighting, { kind: "found" }>["task"]> = {}): Sighting {
  const fresh = { type: "webhook.deliver", createdAtMs: NOW, scheduledAtMs: NOW, dispatchCount: 0, responseCount: 0 };
  return { kind: "found", task: { ...fresh, ...task } };
}

function recorded(fields: Partial<TaskRecord> = {}): TaskRecord {
  return {
    queue: "default",
    type: "webhook.deliver",
    state: "running",
    owner: "o",
    fence: 1,
    attempts: 2,
    claimedAt: null,
    leaseMs: 45_000,
    payloadHash: "",
    firstSeenAt: Timestamp.fromMillis(NOW + 1_000),
    finishedAt: null,
    lastError: null,
    result: null,
    expireAt: Timestamp.fromMillis(NOW + 9e9),
    ...fields,
  };
}

describe("a task without a record", () => {
  it("waits after a delivery that never got a response", () => {
    const lastFailure = "UNAVAILABLE(14): connection refused";
    const sighting = inQueue({ dispatchCount: 3, responseCount: 2, lastFailure });
    expect(describeTask({ id, sighting, record: undefined }, context)).toMatchObject({
      state: "waiting",
      nextAttempt: "2026-01-01T12:00:00.000Z",
      lastError: { code: "delivery_failed", message: lastFailure },
    });
  });

  it("says why its last delivery failed, since nothing else does", () => {
    const lastFailure = "UNAUTHENTICATED(16): HTTP status code 401";
    const sighting = inQueue({ dispatchCount: 2, responseCount: 2, lastFailure });
    expect(describeTask({ id, sighting, record: undefined }, context)).toMatchObject({
      state: "waiting",
      attempts: 0,
      lastError: { code: "delivery_failed", message: lastFailure },
    });
  });

  it.each<[string, Sighting, object]>([
    [
      "is queued when it is due",
      inQueue(),
      {
        type: "webhook.deliver",
        state: "queued",
        attempts: 0,
        createdAt: "2026-01-01T12:00:00.000Z",
        scheduleTime: "2026-01-01T12:00:00.000Z",
      },
    ],
    [
      "is queued when it was due at once by a clock that is ahead",
      inQueue({ scheduledAtMs: NOW + 400 }),
      {
        type: "webhook.deliver",
        state: "queued",
        attempts: 0,
        createdAt: "2026-01-01T12:00:00.000Z",
        scheduleTime: "2026-01-01T12:00:00.400Z",
      },
    ],
    [
      "is scheduled when it was meant for later",
      inQueue({ scheduledAtMs: NOW + 60_000 }),
      {
        type: "webhook.deliver",
        state: "scheduled",
        attempts: 0,
        createdAt: "2026-01-01T12:00:00.000Z",
        scheduleTime: "2026-01-01T12:01:00.000Z",
      },
    ],
    [
      "is queued when the time that it was meant for has come",
      inQueue({ createdAtMs: NOW - 60_000 }),
      {
        type: "webhook.deliver",
        state: "queued",
        attempts: 0,
        createdAt: "2026-01-01T11:59:00.000Z",
        scheduleTime: "2026-01-01T12:00:00.000Z",
      },
    ],
    [
      "waits without attempts after a delivery that left no record, since attempts are counted in records",
      inQueue({ createdAtMs: NOW - 60_000, dispatchCount: 3, responseCount: 3 }),
      {
        type: "webhook.deliver",
        state: "waiting",
        attempts: 0,
        createdAt: "2026-01-01T11:59:00.000Z",
        scheduleTime: "2026-01-01T12:00:00.000Z",
        nextAttempt: "2026-01-01T12:00:00.000Z",
      },
    ],
    [
      "is running while the worker has not answered",
      inQueue({ type: "document.publish", dispatchCount: 2, responseCount: 1 }),
      {
        type: "document.publish",
        state: "running",
        attempts: 2,
        createdAt: "2026-01-01T12:00:00.000Z",
        scheduleTime: "2026-01-01T12:00:00.000Z",
      },
    ],
    [
      "waits after a failed attempt, if its type leaves no record",
      inQueue({ type: "document.publish", scheduledAtMs: NOW + 8_000, dispatchCount: 2, responseCount: 2 }),
      {
        type: "document.publish",
        state: "waiting",
        attempts: 2,
        createdAt: "2026-01-01T12:00:00.000Z",
        scheduleTime: "2026-01-01T12:00:08.000Z",
        nextAttempt: "2026-01-01T12:00:08.000Z",
      },
    ],
    ["is finished once it has left its queue", GONE, { state: "finished" }],
  ])("%s", (_, sighting, expected) => {
    expect(describeTask({ id, sighting, record: undefined }, context)).toEqual({ ...FRAME, ...expected });
  });

  it("does not exist if its queue has never heard of it", () => {
    expect(describeTask({ id, sighting: NEVER, record: undefined }, context)).toBeUndefined();
  });
});

describe("a task with a record", () => {
  const queueTimes = { createdAt: "2026-01-01T12:00:00.000Z", scheduleTime: "2026-01-01T12:00:08.000Z" };
  const queued = inQueue({ scheduledAtMs: NOW + 8_000, dispatchCount: 9, responseCount: 9 });
  const lastError = { code: "HTTP_500", message: "The subscriber answered 500." };

  it.each<[string, Sighting, TaskRecord, object]>([
    ["is running as the record says", queued, recorded(), { state: "running", ...queueTimes }],
    [
      "waits until its queue's time",
      queued,
      recorded({ state: "waiting", lastError }),
      { state: "waiting", ...queueTimes, lastError, nextAttempt: "2026-01-01T12:00:08.000Z" },
    ],
    [
      "waits without a known time when its queue has lost it",
      GONE,
      recorded({ state: "waiting" }),
      { state: "waiting", createdAt: "2026-01-01T12:00:01.000Z" },
    ],
    [
      "has succeeded though its queue still holds it",
      queued,
      recorded({ state: "succeeded", result: { a: [1] }, finishedAt: Timestamp.fromMillis(NOW + 5_000) }),
      { state: "succeeded", ...queueTimes, result: { a: [1] }, finishedAt: "2026-01-01T12:00:05.000Z" },
    ],
    [
      "has succeeded without a result",
      GONE,
      recorded({ state: "succeeded", finishedAt: Timestamp.fromMillis(NOW + 5_000) }),
      {
        state: "succeeded",
        createdAt: "2026-01-01T12:00:01.000Z",
        result: null,
        finishedAt: "2026-01-01T12:00:05.000Z",
      },
    ],
    [
      "is known only by its record when its queue has forgotten it",
      NEVER,
      recorded({ state: "dead", lastError, finishedAt: Timestamp.fromMillis(NOW + 5_000) }),
      { state: "dead", createdAt: "2026-01-01T12:00:01.000Z", lastError, finishedAt: "2026-01-01T12:00:05.000Z" },
    ],
    [
      "is cancelled",
      GONE,
      recorded({ state: "cancelled", finishedAt: Timestamp.fromMillis(NOW + 5_000) }),
      { state: "cancelled", createdAt: "2026-01-01T12:00:01.000Z", finishedAt: "2026-01-01T12:00:05.000Z" },
    ],
  ])("%s", (_, sighting, record, expected) => {
    const common = { type: "webhook.deliver", attempts: 2 };
    expect(describeTask({ id, sighting, record }, context)).toEqual({ ...FRAME, ...common, ...expected });
  });

  it.each<[string, Sighting, Partial<TaskRecord>, string]>([
    ["is finished once it has left its queue, whatever a concurrent attempt left behind", GONE, {}, "finished"],
    ["waits while its queue holds it", queued, {}, "waiting"],
    ["waits when its queue never heard of it", NEVER, {}, "waiting"],
    ["has died as its record says", GONE, { state: "dead" }, "dead"],
  ])("and of a natural type %s", (_, sighting, fields, state) => {
    const record = recorded({ type: "document.publish", state: "waiting", lastError, ...fields });
    expect(describeTask({ id, sighting, record }, context)).toMatchObject({ ...FRAME, state });
  });
});
