import { expect, it } from "vitest";
import { type AttemptEnd, type Settlement, settlementOf } from "../../../../services/worker/lifecycle/settlement.ts";
import type { TaskError } from "../../../../shared/records/task-record.ts";

const MAX_ATTEMPTS = 3;
const error = { code: "some_code", message: "Some message." };
const unknownType = {
  code: "unknown_type",
  message: "No revision of the worker that received the task knows new.type.",
};
const shuttingDown = { kind: "unavailable", reason: "shutting-down" } as const;

/** An end, its attempt's number out of three, and the settlement. */
const SETTLEMENTS: readonly (readonly [AttemptEnd, number, Settlement])[] = [
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
  [{ kind: "retry", error, retryAfterMs: 9_000 }, 1, waiting(1, { kind: "retry", error, retryAfterMs: 9_000 })],
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
];

function waiting(
  attempts: number,
  outcome: Settlement["outcome"],
  over: { error?: TaskError | null; unknownTypes?: number } = {},
): Settlement {
  return { transition: { kind: "retry", attempts, error, as: null, ...over }, outcome };
}

function dead(attempts: number, diedOf = error): Settlement {
  return {
    transition: { kind: "deadLetter", attempts, error: diedOf, as: null },
    outcome: { kind: "dead", error: diedOf },
  };
}

it.each(SETTLEMENTS)("settles %j at attempt %i of 3 as %j", (end, attempts, settlement) => {
  expect(settlementOf(end, { attempts }, { maxAttempts: MAX_ATTEMPTS })).toEqual(settlement);
});

it("lets Cloud Tasks delete a task only when its record is terminal", () => {
  const acknowledged = new Set(["done", "duplicate", "dead"]);
  for (const [end] of SETTLEMENTS) {
    for (const attempts of [1, 2, 3, 4]) {
      const { transition, outcome } = settlementOf(end, { attempts }, { maxAttempts: MAX_ATTEMPTS });
      expect([end.kind, attempts, acknowledged.has(outcome.kind)]).toEqual([
        end.kind,
        attempts,
        transition?.kind !== "retry",
      ]);
    }
  }
});

it("has a row for every way in which an attempt can end", () => {
  const kinds: Record<AttemptEnd["kind"], true> = {
    succeeded: true,
    permanent: true,
    retry: true,
    saturated: true,
    threw: true,
    "timed-out": true,
    "unknown-type": true,
    released: true,
  };
  expect(new Set(SETTLEMENTS.map(([{ kind }]) => kind))).toEqual(new Set(Object.keys(kinds)));
});

it.each([
  [8, waiting(1, { kind: "unknown-type", type: "new.type" }, { error: unknownType, unknownTypes: 9 })],
  [9, dead(1, unknownType)],
] as const)("settles the delivery of an unknown type, after %i others, as %j", (unknownTypes, settlement) => {
  const end = { kind: "unknown-type", type: "new.type" } as const;
  expect(settlementOf(end, { attempts: 2, unknownTypes }, { maxAttempts: MAX_ATTEMPTS })).toEqual(settlement);
});
