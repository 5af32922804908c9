import { Timestamp } from "@google-cloud/firestore";
import { expect, it } from "vitest";
import {
  type AttemptEnd,
  type Counted,
  type Settlement,
  settlementOf,
} from "../../../../services/worker/lifecycle/settlement.ts";
import type { AttemptLog } from "../../../../shared/records/attempt-log.ts";
import { randomTaskId } from "../../../../shared/contract/task-id.ts";
import type { TaskError } from "../../../../shared/records/task-record.ts";

const MAX_ATTEMPTS = 3;
const error = { code: "some_code", message: "Some message." };
const unknownType = {
  code: "unknown_type",
  message: "No revision of the worker that received the task knows new.type.",
};
const STARTED_MS = Date.UTC(2026, 0, 2);
const ENDED_MS = STARTED_MS + 7;
const DAY_MS = 86_400_000;
const EARLIER = { attempt: 0, outcome: "of a later revision", extra: { kept: true } };
const STORY = {
  log: [EARLIER],
  start: {
    hop: 0,
    instance: "one/1",
    startedAtMs: STARTED_MS,
    taskId: randomTaskId({ queue: "default", idempotency: "claim" }),
  },
  endedAtMs: ENDED_MS,
};
const shuttingDown = { kind: "unavailable", reason: "shutting-down" } as const;

/** A settlement apart from its log. */
interface Settled {
  readonly transition: object;
  readonly outcome: Settlement["outcome"];
}

function settle(
  end: AttemptEnd,
  counted: Counted,
): { readonly settled: Settled; readonly log: AttemptLog | undefined } {
  const { transition, outcome } = settlementOf(end, counted, { maxAttempts: MAX_ATTEMPTS, story: STORY });
  if (!transition || !("log" in transition)) throw new Error("Every end is written.");
  const { log, ...rest } = transition;
  return { settled: { transition: rest, outcome }, log };
}

/** An end, its attempt's number out of three, and the settlement. */
const SETTLEMENTS: readonly (readonly [AttemptEnd, number, Settled])[] = [
  [
    { kind: "succeeded", result: { n: 1 } },
    1,
    {
      transition: { kind: "complete", attempts: 1, result: { n: 1 }, as: null },
      outcome: { kind: "done", result: { n: 1 } },
    },
  ],
  [
    { kind: "succeeded", result: null },
    3,
    { transition: { kind: "complete", attempts: 3, result: null, as: null }, outcome: { kind: "done", result: null } },
  ],
  [{ kind: "permanent", error }, 1, dead(1)],
  [{ kind: "permanent", error }, 3, dead(3)],
  [{ kind: "retry", error }, 2, waiting(2, { kind: "retry", error })],
  [{ kind: "retry", error, retryAfterMs: 9_000 }, 1, hopping("retry", 1, 9_000, error)],
  [{ kind: "retry", error, retryAfterMs: 0 }, 2, hopping("retry", 2, 1_000, error)],
  [{ kind: "snoozed", delay: { forMs: 60_000.4 } }, 1, hopping("snooze", 0, 60_000)],
  [{ kind: "snoozed", delay: { untilMs: ENDED_MS + 60_000 } }, 3, hopping("snooze", 2, 60_000)],
  [{ kind: "snoozed", delay: { untilMs: 0 } }, 4, hopping("snooze", 3, 1_000)],
  [{ kind: "snoozed", delay: { forMs: Number.POSITIVE_INFINITY } }, 1, hopping("snooze", 0, 3_652 * DAY_MS)],
  [{ kind: "retry", error, retryAfterMs: 9_000 }, 3, dead(3)],
  [{ kind: "retry", error }, 4, dead(4)],
  [{ kind: "threw", error }, 2, waiting(2, { kind: "failed", error })],
  [{ kind: "threw", error }, 3, dead(3)],
  [{ kind: "timed-out", error }, 2, waiting(2, { kind: "failed", error })],
  [{ kind: "timed-out", error }, 3, dead(3)],
  [
    { kind: "unknown-type", type: "new.type" },
    2,
    waiting(1, { kind: "unknown-type", type: "new.type" }, { error: unknownType, unknownTypes: 1 }),
  ],
  [
    { kind: "unknown-type", type: "new.type" },
    4,
    waiting(3, { kind: "unknown-type", type: "new.type" }, { error: unknownType, unknownTypes: 1 }),
  ],
  [{ kind: "saturated", error }, 1, waiting(0, { kind: "saturated", error })],
  [{ kind: "saturated", error, retryAfterMs: 9_000 }, 3, waiting(2, { kind: "saturated", error, retryAfterMs: 9_000 })],
  [{ kind: "released" }, 1, waiting(0, shuttingDown, { error: null })],
  [{ kind: "released" }, 3, waiting(2, shuttingDown, { error: null })],
  [{ kind: "cancelled" }, 1, cancelled(1, null)],
  [{ kind: "cancelled" }, 3, cancelled(3, null)],
];

function cancelled(attempts: number, lastError: TaskError | null): Settled {
  return {
    transition: { kind: "cancel", attempts, error: lastError, as: null },
    outcome: { kind: "duplicate", state: "cancelled" },
  };
}

/** The task goes on to its next hop, which is due some milliseconds after the attempt's end. */
function hopping(kind: "retry" | "snooze", attempts: number, afterMs: number, failedOf?: TaskError): Settled {
  const dueAtMs = ENDED_MS + afterMs;
  const said = failedOf ? { error: failedOf } : { snoozes: 1 };
  return {
    transition: { kind, attempts, as: null, ...said, next: { hop: 1, notBeforeMs: dueAtMs } },
    outcome: { kind: "rescheduled", dueAtMs, ...(failedOf ? { error: failedOf } : {}) },
  };
}

function waiting(
  attempts: number,
  outcome: Settlement["outcome"],
  over: { error?: TaskError | null; unknownTypes?: number } = {},
): Settled {
  return { transition: { kind: "retry", attempts, error, as: null, ...over }, outcome };
}

function dead(attempts: number, diedOf = error): Settled {
  return {
    transition: { kind: "deadLetter", attempts, error: diedOf, as: null },
    outcome: { kind: "dead", error: diedOf },
  };
}

it.each(SETTLEMENTS)("settles %j at attempt %i of 3 as %j", (end, attempts, settlement) => {
  expect(settle(end, { attempts }).settled).toEqual(settlement);
});

it("lets Cloud Tasks delete a task only if its record is terminal, or has its next hop", () => {
  const acknowledged = new Set(["done", "duplicate", "dead", "rescheduled"]);
  for (const [end] of SETTLEMENTS) {
    for (const attempts of [1, 2, 3, 4]) {
      const { transition, outcome } = settlementOf(end, { attempts }, { maxAttempts: MAX_ATTEMPTS, story: STORY });
      expect([end.kind, attempts, acknowledged.has(outcome.kind)]).toEqual([
        end.kind,
        attempts,
        transition?.kind !== "retry" || transition.next !== undefined,
      ]);
    }
  }
});

/** The start of an attempt of a type that has its own backoff, in its third hop. */
const PACED = { ...STORY.start, hop: 3, backoff: { firstMs: 1_000, factor: 5, maxMs: 60_000, jitter: 0 } };

it.each([
  ["threw", 1, 1_000],
  ["retry", 2, 5_000],
  ["timed-out", 3, 25_000],
  ["threw", 4, 60_000],
  ["threw", 5, 60_000],
] as const)("puts a task whose attempt %s, the %i., off by its type's backoff: %i ms", (kind, attempts, afterMs) => {
  const story = { ...STORY, start: PACED };
  const { transition, outcome } = settlementOf({ kind, error }, { attempts }, { maxAttempts: 6, story });
  const dueAtMs = ENDED_MS + afterMs;
  expect(transition).toMatchObject({ kind: "retry", attempts, next: { hop: 4, notBeforeMs: dueAtMs } });
  expect(outcome).toEqual({ kind: "rescheduled", dueAtMs, error });
});

it.each<AttemptEnd>([{ kind: "saturated", error }, { kind: "released" }, { kind: "unknown-type", type: "new.type" }])(
  "leaves the time to the queue, whatever the type's backoff, after %j",
  (end) => {
    const story = { ...STORY, start: PACED };
    const { transition } = settlementOf(end, { attempts: 1 }, { maxAttempts: 6, story });
    expect(transition).toMatchObject({ kind: "retry", attempts: 0 });
    expect(transition).not.toHaveProperty("next");
  },
);

it("follows the handler's retryAfterMs rather than its type's backoff", () => {
  const end = { kind: "retry", error, retryAfterMs: 7_000 } as const;
  const { outcome } = settlementOf(end, { attempts: 4 }, { maxAttempts: 6, story: { ...STORY, start: PACED } });
  expect(outcome).toMatchObject({ dueAtMs: ENDED_MS + 7_000 });
});

it("dead-letters the task at its thousandth snooze in a row, and counts no attempt", () => {
  const end = { kind: "snoozed", delay: { forMs: 1_000 } } as const;
  expect(settle(end, { attempts: 1, snoozes: 998 }).settled.transition).toMatchObject({ kind: "snooze", snoozes: 999 });
  const { settled, log } = settle(end, { attempts: 1, snoozes: 999 });
  expect(settled).toMatchObject({
    transition: { kind: "deadLetter", attempts: 0, error: { code: "snoozed_too_often" } },
    outcome: { kind: "dead" },
  });
  expect(log?.at(-1)).not.toHaveProperty("nextAt");
});

it.each<[AttemptEnd, boolean]>([
  [{ kind: "retry", error }, true],
  [{ kind: "threw", error }, true],
  [{ kind: "saturated", error }, false],
  [{ kind: "released" }, false],
])("ends a row of snoozes if the attempt counts: %j", (end, endsSnoozes) => {
  const { transition } = settle(end, { attempts: 1, snoozes: 5 }).settled;
  expect("endsSnoozes" in transition).toBe(endsSnoozes);
});

it("has a row for every way in which an attempt can end", () => {
  const kinds: Record<AttemptEnd["kind"], true> = {
    succeeded: true,
    permanent: true,
    retry: true,
    snoozed: true,
    saturated: true,
    threw: true,
    "timed-out": true,
    "unknown-type": true,
    released: true,
    cancelled: true,
  };
  expect(new Set(SETTLEMENTS.map(([{ kind }]) => kind))).toEqual(new Set(Object.keys(kinds)));
});

it.each([
  [8, waiting(1, { kind: "unknown-type", type: "new.type" }, { error: unknownType, unknownTypes: 9 })],
  [9, dead(1, unknownType)],
] as const)("settles the delivery of an unknown type, after %i others, as %j", (unknownTypes, settlement) => {
  const end = { kind: "unknown-type", type: "new.type" } as const;
  expect(settle(end, { attempts: 2, unknownTypes }).settled).toEqual(settlement);
});

/** What the log says of each end, apart from when and where. */
const LOGGED: readonly (readonly [AttemptEnd, object])[] = [
  [
    { kind: "succeeded", result: "secret" },
    { code: null, message: null, stack: null },
  ],
  [{ kind: "permanent", error }, error],
  [
    { kind: "retry", error, retryAfterMs: 9_000 },
    { ...error, nextAt: Timestamp.fromMillis(STARTED_MS + 9_007), nextRule: "retry-after" },
  ],
  [
    { kind: "snoozed", delay: { forMs: 60_000 } },
    { code: null, message: null, nextAt: Timestamp.fromMillis(STARTED_MS + 60_007), nextRule: "snooze" },
  ],
  [{ kind: "saturated", error }, error],
  [{ kind: "timed-out", error }, error],
  [
    { kind: "threw", error },
    { ...error, stack: null },
  ],
  [
    { kind: "threw", error, thrown: { message: "RangeError: -1", stack: "at a\nat b" } },
    { code: "some_code", message: "RangeError: -1", stack: "at a\nat b" },
  ],
  [{ kind: "unknown-type", type: "new.type" }, unknownType],
  [{ kind: "released" }, { code: null, message: null, stack: null }],
];

it.each(LOGGED)("adds an attempt that ended as %j to the log, and keeps the other entries", (end, said) => {
  const [carried, entry, ...more] = settle(end, { attempts: 2 }).log ?? [];

  expect(carried).toBe(EARLIER);
  expect(entry).toMatchObject({
    attempt: 2,
    hop: 0,
    outcome: end.kind,
    instance: "one/1",
    startedAt: Timestamp.fromMillis(STARTED_MS),
    endedAt: Timestamp.fromMillis(STARTED_MS + 7),
    ...said,
  });
  expect(more).toEqual([]);
});
