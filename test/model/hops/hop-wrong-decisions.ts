import type { Idempotency } from "../../../shared/contract/task-type.ts";
import { type TaskRecord, isTerminal } from "../../../shared/records/task-record.ts";
import type { Transition } from "../../../shared/records/transition.ts";
import { DECISIONS, type Decisions } from "../decisions.ts";
import { HOPS_END, type HopPromise } from "./hop-model.ts";

/** A decision that is wrong in one respect, and the kind of task for which it is wrong. */
interface WrongHopDecision {
  readonly fault: string;
  readonly kind: Idempotency;
  readonly decisions: Decisions;
}

const { admitClaim, admitUnclaimed, admitEarly, settlementOf, settleClaimed, decideRun } = DECISIONS;
const { decideReplay, writesOf } = DECISIONS;

/** For each promise, a decision that breaks it. This shows that the decisions keep the promise, not the model. */
export const WRONG_HOP_DECISIONS: Readonly<Record<HopPromise, WrongHopDecision>> = {
  "every live task has a Cloud Task or an outbox entry of its current hop": wrong(
    "claim",
    "moves a task without an entry for its next hop",
    {
      writesOf: (transition, task, on) => {
        const { entries: _entries, ...writes } = writesOf(transition, task, on);
        return writes;
      },
    },
  ),

  "nothing begins at an older hop than the record's, but a natural task's first delivery": wrong(
    "claim",
    "takes an older hop for the record's own",
    {
      admitClaim: (record, claimant, readTimeMs) => admitClaim(record && withoutHop(record), claimant, readTimeMs),
    },
  ),

  "nothing begins once the task has ended, but a natural task's first delivery": wrong(
    "transaction",
    "treats a cancelled task as waiting",
    {
      admitUnclaimed: (record, claimant, readTimeMs) =>
        admitUnclaimed(record?.state === "cancelled" ? { ...record, state: "waiting" } : record, claimant, readTimeMs),
    },
  ),

  "a task that was rescheduled doesn't run before its new time": wrong("claim", "runs what comes early", {
    admitEarly: (record, claimant, on) => admitEarly(record, claimant, { ...on, isDue: true }),
  }),

  "a delivery of a newer hop than the record's is never a duplicate": wrong(
    "claim",
    "runs a task at the record's hop only",
    {
      admitClaim: (record, claimant, readTimeMs) => {
        const isOther = record !== null && !isTerminal(record.state) && (record.hop ?? 0) !== claimant.hop;
        if (!isOther) return admitClaim(record, claimant, readTimeMs);
        return { kind: "reject", outcome: { kind: "duplicate", state: record.state }, transition: null };
      },
    },
  ),

  "a snooze or another time counts no attempt": wrong("claim", "counts a snooze", {
    settlementOf: (end, counted, on) => counting(settlementOf(end, counted, on)),
  }),

  "snoozes are counted as long as no attempt counts": wrong("claim", "doesn't count a snooze as one", {
    settlementOf: (end, counted, on) => {
      const settlement = settlementOf(end, counted, on);
      const { transition } = settlement;
      return transition?.kind === "snooze" ? { ...settlement, transition: { ...transition, snoozes: 0 } } : settlement;
    },
  }),

  "a task is acknowledged only when its end, or its next hop, is durable": wrong(
    "claim",
    "acknowledges a snooze that it doesn't write",
    {
      settleClaimed: (record, attempt, settlement) =>
        settlement.outcome.kind === "rescheduled"
          ? { transition: null, outcome: settlement.outcome }
          : settleClaimed(record, attempt, settlement),
    },
  ),

  "a task that has ended never changes": wrong("claim", "goes on with a cancelled task when it comes early", {
    admitEarly: (record, claimant, on) =>
      admitEarly(record?.state === "cancelled" ? { ...record, state: "waiting" } : record, claimant, on),
  }),

  "a conflict never overwrites the record": wrong("claim", "doesn't compare payloads", {
    admitClaim: (record, claimant, readTimeMs) =>
      admitClaim(record && { ...withoutHop(record), payloadHash: claimant.payloadHash }, claimant, readTimeMs),
  }),

  "an entry is deleted only when its task is in its queue, or recorded as over or gone on": wrong(
    "claim",
    "takes every name that was used for its task's",
    { decideMissing: () => "dropped" },
  ),

  "an entry that is refused is gone": wrong("claim", "keeps an entry that is a dead letter", {
    writesOf: (transition, task, on) => {
      const { dropped: _dropped, ...writes } = writesOf(transition, task, on);
      return writes;
    },
  }),

  "a task's record outlasts its Cloud Task by a day": wrong(
    "claim",
    "relays an old entry without renewing its record",
    {
      decideOld: () => "create",
    },
  ),

  "what follows a task's end is committed with it, once": wrong("claim", "forgets what a handler has enqueued", {
    settlementOf: (end, counted, on) =>
      settlementOf(end.kind === "succeeded" ? { kind: "succeeded", result: end.result } : end, counted, on),
  }),

  "a letter is replayed once per n": wrong("claim", "doesn't see that a letter was replayed", {
    decideReplay: (letter, request, rules) => decideReplay({ ...letter, status: "open" }, request, rules),
  }),

  "what somebody is told of a cancel is durable": wrong("natural", "leaves the first hop of a natural task", {
    hopsToDelete: (hop) => [hop],
  }),

  "what somebody is told of another time is durable": wrong("claim", "leaves the entry of the old time", {
    decideRun: (record, newTime, readTimeMs) => {
      const decision = decideRun(record, newTime, readTimeMs);
      return decision.transition ? { ...decision, transition: { ...decision.transition, dropped: [] } } : decision;
    },
  }),

  "a record has every field that its hop needs": wrong("claim", "keeps the time of the hop before", {
    writesOf: (transition, task, on) => {
      const { record, ...writes } = writesOf(transition, task, on);
      if (!record || transition.kind !== "hop") return record ? { ...writes, record } : writes;
      const { notBefore: _notBefore, ...fields } = record.fields;
      return { ...writes, record: { ...record, fields } };
    },
  }),

  "an entry has everything needed to relay it": wrong("claim", "writes entries without their caller", {
    writesOf: (transition, task, on) => {
      const writes = writesOf(transition, task, on);
      const entries = writes.entries?.map(({ id, fields: { caller: _caller, ...fields } }) => ({ id, fields }));
      return entries ? { ...writes, entries } : writes;
    },
  }),

  "a letter has everything needed to replay it": wrong("claim", "keeps a refused entry without its payload", {
    writesOf: (transition, task, on) => {
      const { letter, ...writes } = writesOf(transition, task, on);
      if (!letter || transition.kind !== "refuseEntry") return letter ? { ...writes, letter } : writes;
      return { ...writes, letter: { ...letter, fields: { ...letter.fields, payloadJson: "" } } };
    },
  }),

  "a log tells of each attempt that ended, once, and keeps what it told": wrong(
    "claim",
    "forgets the attempts before a snooze",
    {
      settlementOf: (end, counted, on) => {
        const settlement = settlementOf(end, counted, on);
        const { transition } = settlement;
        return transition?.kind === "snooze" ? { ...settlement, transition: { ...transition, log: [] } } : settlement;
      },
    },
  ),

  "a log tells of an attempt that was lost": wrong("claim", "doesn't tell of an attempt whose lease ran out", {
    admitClaim: (record, claimant, readTimeMs) => {
      const decision = admitClaim(record, claimant, readTimeMs);
      const { transition } = decision;
      if (transition?.kind !== "claim") return decision;
      return { ...decision, transition: { ...transition, log: record?.attemptLog ?? [] } };
    },
  }),

  [HOPS_END]: wrong("claim", "never lets a lease end", {
    admitClaim: (record, claimant, readTimeMs) =>
      admitClaim(record && { ...record, leaseMs: record.leaseMs * 1_000_000 }, claimant, readTimeMs),
  }),
};

function wrong(kind: Idempotency, fault: string, decisions: Partial<Decisions>): WrongHopDecision {
  return { kind, fault, decisions: { ...DECISIONS, ...decisions } };
}

function withoutHop({ hop: _hop, ...record }: TaskRecord): TaskRecord {
  return record;
}

function counting<Settled extends { readonly transition: Transition | null }>(settlement: Settled): Settled {
  const { transition } = settlement;
  if (transition?.kind !== "snooze") return settlement;
  return { ...settlement, transition: { ...transition, attempts: transition.attempts + 1 } };
}
