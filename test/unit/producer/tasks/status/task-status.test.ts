import { Timestamp } from "@google-cloud/firestore";
import { describe, expect, it } from "vitest";
import type { Sighting } from "../../../../../shared/queue/task-queue.ts";
import { describeTask, ownerOf } from "../../../../../services/producer/tasks/status/task-status.ts";
import { TEST_REGISTRY } from "../../../../harness/registry/test-registry.ts";
import type { TaskRecord } from "../../../../../shared/records/task-record.ts";
import { parseTaskId } from "../../../../../shared/contract/task-id.ts";

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);
const context = { types: TEST_REGISTRY.types, nowMs: NOW };

const DIGITS = "0123456789abcdef0123456789abcdef";
const id = parseTaskId(`${DIGITS}-default`)!;
const links = { self: `/v1/tasks/${DIGITS}-default`, queue: "/v1/queues/default" };
const FRAME = { id: `${DIGITS}-default`, queue: "default", links };

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

  it("shows why its last delivery failed, which nothing else shows", () => {
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
        nextAttempt: "2026-01-01T12:00:00.000Z",
        nextRule: "queue",
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
        nextAttempt: "2026-01-01T12:00:00.400Z",
        nextRule: "queue",
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
        nextAttempt: "2026-01-01T12:01:00.000Z",
        nextRule: "schedule",
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
        nextAttempt: "2026-01-01T12:00:00.000Z",
        nextRule: "schedule",
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
        nextRule: "queue",
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
        nextRule: "queue",
      },
    ],
    ["is removed once it has left its queue, since it would have left a record otherwise", GONE, { state: "removed" }],
  ])("%s", (_, sighting, expected) => {
    expect(describeTask({ id, sighting, record: undefined }, context)).toEqual({ ...FRAME, ...expected });
  });

  it("is finished once it has left its queue, if its id marks a natural type", () => {
    const marked = parseTaskId(`${DIGITS}n-default`)!;
    expect(describeTask({ id: marked, sighting: GONE, record: undefined }, context)).toEqual({
      id: marked,
      queue: "default",
      state: "finished",
      links: { self: `/v1/tasks/${marked}`, queue: "/v1/queues/default" },
    });
  });

  it("is finished if its type is known to be natural, even if an earlier revision didn't mark its id", () => {
    const facts = { id, sighting: GONE, record: undefined, type: "document.publish" };
    expect(describeTask(facts, context)).toMatchObject({ state: "finished" });
  });

  it("is finished even without a mark, if its queue only has natural types: an earlier revision enqueued it", () => {
    const unmarked = parseTaskId(`${DIGITS}-bulk`)!;
    expect(describeTask({ id: unmarked, sighting: GONE, record: undefined }, context)).toMatchObject({
      state: "finished",
    });
  });

  it("counts its attempts as its queue does, if its id marks a natural type, even an unknown one", () => {
    const marked = parseTaskId(`${DIGITS}n-default`)!;
    const sighting = inQueue({ type: "not.any-more", dispatchCount: 2, responseCount: 2 });
    expect(describeTask({ id: marked, sighting, record: undefined }, context)).toMatchObject({ attempts: 2 });
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
      { state: "waiting", ...queueTimes, lastError, nextAttempt: "2026-01-01T12:00:08.000Z", nextRule: "queue" },
    ],
    [
      "is removed when its queue has lost it before it was done",
      GONE,
      recorded({ state: "waiting", lastError }),
      { state: "removed", lastError, createdAt: "2026-01-01T12:00:01.000Z" },
    ],
    [
      "waits without a known time when its queue has never heard of it",
      NEVER,
      recorded({ state: "waiting" }),
      { state: "waiting", createdAt: "2026-01-01T12:00:01.000Z" },
    ],
    [
      "is running while an attempt has its lease, though its queue has lost it",
      GONE,
      recorded(),
      { state: "running", createdAt: "2026-01-01T12:00:01.000Z" },
    ],
    [
      "has succeeded though its queue still holds it",
      queued,
      recorded({ state: "succeeded", result: { a: [1] }, finishedAt: Timestamp.fromMillis(NOW + 5_000) }),
      {
        state: "succeeded",
        createdAt: queueTimes.createdAt,
        result: { a: [1] },
        finishedAt: "2026-01-01T12:00:05.000Z",
      },
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

describe("the owner of a task", () => {
  const owned = inQueue({ caller: "a@example.com" });

  it.each<[string, Sighting, TaskRecord | undefined, string | undefined]>([
    ["is in its record", owned, recorded({ caller: "b@example.com" }), "b@example.com"],
    ["is in its queue if an earlier revision wrote the record", owned, recorded(), "a@example.com"],
    ["is in its queue if there is no record", owned, undefined, "a@example.com"],
    ["is unknown if an earlier revision enqueued it", inQueue(), undefined, undefined],
    ["is unknown once it has left no trace", GONE, undefined, undefined],
  ])("%s", (_, sighting, record, expected) => {
    expect(ownerOf({ sighting, record })).toBe(expected);
  });
});
