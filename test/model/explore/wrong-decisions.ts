import type { Outcome } from "../../../services/worker/outcome.ts";
import type { Admission } from "../../../services/worker/lifecycle/admission.ts";
import type { Idempotency } from "../../../shared/contract/task-type.ts";
import { type TaskRecord, isTerminal } from "../../../shared/records/task-record.ts";
import { DECISIONS, type Decisions } from "../decisions.ts";
import { DEAD_LETTERED, ENDS, type PromiseName } from "./explore.ts";

/** A decision that is wrong in one respect, and the kind of task for which it is wrong. */
export interface WrongDecision {
  readonly fault: string;
  readonly kind: Idempotency;
  readonly decisions: Decisions;
}

const { decideCancel, admitClaim, admitUnclaimed, settlementOf, settleClaimed, settleUnclaimed, writesOf } = DECISIONS;

/** For each promise, a decision that breaks it. This shows that the decisions keep the promise, not the model. */
export const WRONG_DECISIONS: Readonly<Record<PromiseName, WrongDecision>> = {
  "a transaction's effect is committed at most once": wrong("transaction", "treats a succeeded task as waiting", {
    admitUnclaimed: (record, claimant, readTimeMs) =>
      admitUnclaimed(record?.state === "succeeded" ? { ...record, state: "waiting" } : record, claimant, readTimeMs),
  }),

  "at most one attempt at a time holds a lease": wrong("claim", "ends leases halfway", {
    admitClaim: (record, claimant, readTimeMs) =>
      admitClaim(record && { ...record, leaseMs: record.leaseMs / 2 }, claimant, readTimeMs),
  }),

  "a task has succeeded only after its effect": wrong("claim", "treats a release as a success", {
    settlementOf: (end, counted, on) =>
      settlementOf(end.kind === "released" ? { kind: "succeeded", result: null } : end, counted, on),
  }),

  "a success is never answered as dead": wrong("natural", "treats a success as a permanent failure", {
    settleUnclaimed: (record, { end, ...ended }, readTimeMs) =>
      settleUnclaimed(
        record,
        {
          ...ended,
          end: record && end.kind === "succeeded" ? { kind: "permanent", error: { code: "c", message: "m" } } : end,
        },
        readTimeMs,
      ),
  }),

  "nothing begins, and no transaction commits, once the task has ended": wrong(
    "claim",
    "treats a dead task as waiting",
    {
      admitClaim: (record, claimant, readTimeMs) =>
        admitClaim(
          record?.state === "dead" ? { ...record, state: "waiting", attempts: 0 } : record,
          claimant,
          readTimeMs,
        ),
    },
  ),

  "a task is acknowledged only when its end is durable": wrong(
    "claim",
    "treats a task that another attempt runs as a duplicate",
    {
      admitClaim: (record, claimant, readTimeMs) => {
        const decision = admitClaim(record, claimant, readTimeMs);
        const isBusy = decision.kind === "reject" && decision.outcome.kind === "busy";
        return isBusy ? { ...decision, outcome: { kind: "duplicate", state: "succeeded" } } : decision;
      },
    },
  ),

  "no commit carries an old fence": wrong("claim", "lets an attempt settle after its task was taken over", {
    settleClaimed: (record, attempt, end) =>
      settleClaimed(record && { ...record, owner: attempt.owner, fence: attempt.fence }, attempt, end),
  }),

  "a fence never shrinks": wrong("natural", "gives a failure the fence before the last", {
    settleUnclaimed: (record, on, readTimeMs) => {
      const decision = settleUnclaimed(record, on, readTimeMs);
      const { transition } = decision;
      if (transition?.kind !== "retry" || !transition.as) return decision;
      return { ...decision, transition: { ...transition, as: { ...transition.as, fence: transition.as.fence - 2 } } };
    },
  }),

  "a task that has ended never changes": wrong("claim", "settles a task that was cancelled", {
    settleClaimed: (record, attempt, end) =>
      settleClaimed(record && isTerminal(record.state) ? { ...record, state: "running" } : record, attempt, end),
  }),

  "an expired record leaves nothing but its fence": wrong("claim", "continues from an expired record", {
    admitClaim: (record, claimant, readTimeMs) => {
      const decision = admitClaim(record, claimant, readTimeMs);
      const { transition } = decision;
      return transition?.kind === "claim" ? { ...decision, transition: { ...transition, from: record } } : decision;
    },
  }),

  "a state never goes backward under one fence": wrong("claim", "takes a waiting task without a new fence", {
    admitClaim: (record, claimant, readTimeMs) =>
      admitClaim(record && { ...record, fence: record.fence - 1 }, claimant, readTimeMs),
  }),

  "a refused delivery writes nothing": wrong("claim", "dead-letters the task when another attempt is busy with it", {
    admitClaim: (record, claimant, readTimeMs) => {
      const decision = admitClaim(record, claimant, readTimeMs);
      return decision.kind === "reject" && decision.outcome.kind === "busy"
        ? deadLetterBusy(decision.outcome)
        : decision;
    },
  }),

  "an effect is of the payload that was enqueued": wrong("claim", "doesn't compare payloads", {
    admitClaim: (record, claimant, readTimeMs) =>
      admitClaim(record, { ...claimant, payloadHash: record?.payloadHash ?? claimant.payloadHash }, readTimeMs),
  }),

  "a dead task has a letter, and no other task does": wrong("claim", "records a death without its letter", {
    writesOf: (transition, task, on) => {
      const { letter, ...writes } = writesOf(transition, task, on);
      return letter && transition.kind === "keepConflict" ? { ...writes, letter } : writes;
    },
  }),

  "a record has every field that its state needs": wrong("claim", "leaves a lease behind when an attempt ends", {
    writesOf: (transition, task, on) => {
      const { record, ...writes } = writesOf(transition, task, on);
      if (!record || transition.kind === "claim") return record ? { ...writes, record } : writes;
      const { leaseMs: _, ...fields } = record.fields;
      return { ...writes, record: { ...record, fields } };
    },
  }),

  "a letter has everything needed to replay it": wrong("claim", "keeps a letter without its payload", {
    writesOf: (transition, task, on) => {
      const writes = writesOf(transition, task, on);
      return writes.letter
        ? { ...writes, letter: { ...writes.letter, fields: { ...writes.letter.fields, payloadJson: "" } } }
        : writes;
    },
  }),

  "a log tells of each attempt that ended, once, and keeps what it told": wrong(
    "claim",
    "tells of an attempt again when its commit is repeated",
    {
      settleClaimed: (record, attempt, settlement) => {
        const { transition } = settlement;
        const isWritten = record?.owner === attempt.owner && record.state === "waiting";
        if (!isWritten || transition?.kind !== "retry") return settleClaimed(record, attempt, settlement);
        const log = [...(record.attemptLog ?? []), ...transition.log.slice(-1)];
        return { ...settlement, transition: { ...transition, log } };
      },
    },
  ),

  "a log tells of an attempt that was lost": wrong("claim", "takes an attempt whose lease ran out for one that ended", {
    admitClaim: (record, claimant, readTimeMs) => {
      const decision = admitClaim(record, claimant, readTimeMs);
      const { transition } = decision;
      if (transition?.kind !== "claim") return decision;
      const log = transition.log.map((one) => ({ ...one, outcome: "timed-out" }));
      return { ...decision, transition: { ...transition, log } };
    },
  }),

  "no attempt follows the last": wrong("claim", "allows one attempt too many", {
    admitClaim: (record, claimant, readTimeMs) =>
      admitClaim(record, { ...claimant, maxAttempts: claimant.maxAttempts + 1 }, readTimeMs),
  }),

  "a released or saturated attempt is not counted": wrong("claim", "treats a saturated dependency as a failure", {
    settlementOf: (end, counted, on) =>
      settlementOf(end.kind === "saturated" ? { kind: "retry", error: end.error } : end, counted, on),
  }),

  "an attempt is recorded once, and recognises its own commit": wrong("claim", "mistakes its own claim for another's", {
    admitClaim: (record, claimant, readTimeMs) =>
      admitClaim(record && { ...record, owner: "another" }, claimant, readTimeMs),
  }),

  "a delivery that runs nothing is not counted": wrong("claim", "treats an unknown type as a failed attempt", {
    settleUnclaimed: (record, ended, readTimeMs) =>
      settleUnclaimed(record, { ...ended, end: { kind: "retry", error: { code: "c", message: "m" } } }, readTimeMs),
  }),

  "nothing begins once the task is cancelled, but a natural task's first delivery": wrong(
    "natural",
    "treats a cancelled task as waiting",
    {
      admitUnclaimed: (record, claimant, readTimeMs) =>
        admitUnclaimed(record?.state === "cancelled" ? { ...record, state: "waiting" } : record, claimant, readTimeMs),
    },
  ),

  "nothing begins once a cancel was requested": wrong("claim", "doesn't see that a cancel was requested", {
    admitClaim: (record, claimant, readTimeMs) => admitClaim(record && unasked(record), claimant, readTimeMs),
  }),

  "a cancel that was requested ends the task, unless it succeeds": wrong(
    "claim",
    "retries a task in spite of a cancel",
    {
      settleClaimed: (record, attempt, end) => settleClaimed(record && unasked(record), attempt, end),
    },
  ),

  "what somebody is told of a cancel is durable": wrong("claim", "tells a canceller what isn't written", {
    decideCancel: (record, canceller, readTimeMs) => ({
      ...decideCancel(record, canceller, readTimeMs),
      transition: null,
    }),
  }),

  "a task has no effect, now or later, if somebody is told that it was cancelled before it ran": wrong(
    "claim",
    "says that no cancelled task has run",
    {
      decideCancel: (record, canceller, readTimeMs) => {
        const decision = decideCancel(record, canceller, readTimeMs);
        return decision.kind === "cancelled" ? { ...decision, mayHaveRun: false } : decision;
      },
    },
  ),

  [DEAD_LETTERED]: wrong("transaction", "treats every task as new, however old it is", {
    admitUnclaimed: (record, claimant, readTimeMs) =>
      admitUnclaimed(record, { ...claimant, hopAtMs: readTimeMs }, readTimeMs),
  }),

  [ENDS]: wrong("claim", "never lets a lease end", {
    admitClaim: (record, claimant, readTimeMs) =>
      admitClaim(record && { ...record, leaseMs: record.leaseMs * 1_000 }, claimant, readTimeMs),
  }),
};

function wrong(kind: Idempotency, fault: string, decisions: Partial<Decisions>): WrongDecision {
  return { kind, fault, decisions: { ...DECISIONS, ...decisions } };
}

function unasked(record: TaskRecord): TaskRecord {
  return { ...record, cancelRequestedAt: undefined };
}

function deadLetterBusy(outcome: Outcome): Admission {
  const error = { code: "c", message: "m" };
  return { kind: "reject", outcome, transition: { kind: "deadLetter", attempts: 1, error, log: [], as: null } };
}
