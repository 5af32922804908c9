import type { Concession } from "../../../services/worker/lifecycle/concession.ts";
import type { Idempotency } from "../../../shared/contract/task-type.ts";
import { isTerminal } from "../../../shared/records/task-record.ts";
import { DECISIONS, type Decisions } from "../decisions.ts";
import { BURIED, ENDS, type PromiseName } from "./explore.ts";

/** A decision that is wrong in one respect, and the kind of task that it is wrong for. */
export interface WrongDecision {
  readonly fault: string;
  readonly kind: Idempotency;
  readonly decisions: Decisions;
}

const { readClaim, settlement, claimedSettlement, unrecordedSettlement, unrecordedRun } = DECISIONS;

/** For each promise, a decision that breaks it: what shows that the promise is kept by the decisions, and not by the model. */
export const WRONG_DECISIONS: Readonly<Record<PromiseName, WrongDecision>> = {
  "a transaction's effect is committed at most once": wrong(
    "transaction",
    "takes a task that has succeeded as waiting",
    {
      unrecordedRun: (record, claimant, readTimeMs) =>
        unrecordedRun(record?.state === "succeeded" ? { ...record, state: "waiting" } : record, claimant, readTimeMs),
    },
  ),

  "at most one attempt at a time holds a lease": wrong("claim", "takes half a lease for a whole one", {
    readClaim: (record, claimant, readTimeMs) =>
      readClaim(record && { ...record, leaseMs: record.leaseMs / 2 }, claimant, readTimeMs),
  }),

  "a task has succeeded only after its effect": wrong("claim", "takes a release for a success", {
    settlement: (end, counted, maxAttempts) =>
      settlement(end.kind === "released" ? { kind: "succeeded", result: null } : end, counted, maxAttempts),
  }),

  "a success is never answered as dead": wrong("natural", "takes a success for a verdict", {
    unrecordedSettlement: (record, { claimant, end, triedFence }, readTimeMs) =>
      unrecordedSettlement(
        record,
        {
          claimant,
          triedFence,
          end: record && end.kind === "succeeded" ? { kind: "permanent", error: { code: "c", message: "m" } } : end,
        },
        readTimeMs,
      ),
  }),

  "nothing begins, and no transaction commits, once the task has ended": wrong(
    "claim",
    "takes a dead task as waiting",
    {
      readClaim: (record, claimant, readTimeMs) =>
        readClaim(
          record?.state === "dead" ? { ...record, state: "waiting", attempts: 0 } : record,
          claimant,
          readTimeMs,
        ),
    },
  ),

  "a task is acknowledged only when its end is durable": wrong(
    "claim",
    "takes a task that another runs for a duplicate",
    {
      readClaim: (record, claimant, readTimeMs) => {
        const decision = readClaim(record, claimant, readTimeMs);
        const isBusy = decision.kind === "answer" && decision.outcome.kind === "busy";
        return isBusy ? { kind: "answer", outcome: { kind: "duplicate", state: "succeeded" } } : decision;
      },
    },
  ),

  "no commit carries an old fence": wrong("claim", "lets an attempt settle whose task was taken over", {
    claimedSettlement: (record, attempt, end) =>
      claimedSettlement(record && { ...record, owner: attempt.owner, fence: attempt.fence }, attempt, end),
  }),

  "a fence never shrinks": wrong("natural", "gives a failure the fence before the last", {
    unrecordedSettlement: (record, on, readTimeMs) => {
      const decision = unrecordedSettlement(record, on, readTimeMs);
      return decision.kind === "settle"
        ? { ...decision, numbers: { ...decision.numbers, fence: decision.numbers.fence - 2 } }
        : decision;
    },
  }),

  "a task that has ended never changes": wrong("claim", "settles a task that was cancelled", {
    claimedSettlement: (record, attempt, end) =>
      claimedSettlement(record && isTerminal(record.state) ? { ...record, state: "running" } : record, attempt, end),
  }),

  "a record that is past its time leaves nothing but its fence": wrong("claim", "goes on from an expired record", {
    readClaim: (record, claimant, readTimeMs) => {
      const decision = readClaim(record, claimant, readTimeMs);
      return decision.kind === "run" && !decision.isWritten ? { ...decision, record } : decision;
    },
  }),

  "a state never goes backward under one fence": wrong("claim", "takes a waiting task with the fence that it has", {
    readClaim: (record, claimant, readTimeMs) =>
      readClaim(record && { ...record, fence: record.fence - 1 }, claimant, readTimeMs),
  }),

  "a refused delivery writes nothing": wrong("claim", "buries the task when another attempt is busy with it", {
    readClaim: (record, claimant, readTimeMs) => {
      const decision = readClaim(record, claimant, readTimeMs);
      return decision.kind === "answer" && decision.outcome.kind === "busy" ? buryBusy(decision.outcome) : decision;
    },
  }),

  "an effect is of the payload that was enqueued": wrong("claim", "doesn't compare payloads", {
    readClaim: (record, claimant, readTimeMs) =>
      readClaim(record, { ...claimant, payloadHash: record?.payloadHash ?? claimant.payloadHash }, readTimeMs),
  }),

  "a dead task has a letter, and no other has": wrong("claim", "buries without an error, which no letter tells of", {
    settlement: (end, counted, maxAttempts) => ({ ...settlement(end, counted, maxAttempts), error: null }),
  }),

  "no attempt is made beyond the last": wrong("claim", "allows one attempt too many", {
    readClaim: (record, claimant, readTimeMs) =>
      readClaim(record, { ...claimant, maxAttempts: claimant.maxAttempts + 1 }, readTimeMs),
  }),

  "an attempt that is given back is not counted": wrong("claim", "takes a saturated dependency for a failure", {
    settlement: (end, counted, maxAttempts) =>
      settlement(end.kind === "saturated" ? { kind: "retry", error: end.error } : end, counted, maxAttempts),
  }),

  "an attempt is recorded once, and knows its own commit again": wrong("claim", "takes its own claim for another's", {
    readClaim: (record, claimant, readTimeMs) =>
      readClaim(record && { ...record, owner: "another" }, claimant, readTimeMs),
  }),

  "a delivery that runs nothing is not counted": wrong("claim", "takes an unknown type for a failed attempt", {
    unrecordedSettlement: (record, { claimant, triedFence }, readTimeMs) =>
      unrecordedSettlement(
        record,
        { claimant, triedFence, end: { kind: "retry", error: { code: "c", message: "m" } } },
        readTimeMs,
      ),
  }),

  [BURIED]: wrong("transaction", "takes a task for new, however old it is", {
    unrecordedRun: (record, claimant, readTimeMs) =>
      unrecordedRun(record, { ...claimant, enqueuedAtMs: readTimeMs }, readTimeMs),
  }),

  [ENDS]: wrong("claim", "lets no lease end", {
    readClaim: (record, claimant, readTimeMs) =>
      readClaim(record && { ...record, leaseMs: record.leaseMs * 1_000 }, claimant, readTimeMs),
  }),
};

function wrong(kind: Idempotency, fault: string, decisions: Partial<Decisions>): WrongDecision {
  return { kind, fault, decisions: { ...DECISIONS, ...decisions } };
}

function buryBusy(outcome: Extract<Concession, { kind: "answer" }>["outcome"]): Concession {
  const error = { code: "c", message: "m" };
  return { kind: "bury", settlement: { state: "dead", attempts: 1, error, result: null, outcome }, newRecord: null };
}
