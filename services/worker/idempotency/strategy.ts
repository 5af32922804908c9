import { randomUUID } from "node:crypto";
import { type Claimant, admitUnclaimed, mayBeTooOld } from "../lifecycle/admission.ts";
import { outcomeWithoutRecord, settleUnclaimed } from "../lifecycle/settlement.ts";
import type { Outcome } from "../outcome.ts";
import type { Delivery } from "../parse-delivery.ts";
import type { Ran } from "../runner/run-handler.ts";
import type { Worker } from "../worker.ts";

/** How one kind of task is kept from harm when it is delivered more than once. An attempt is finished as it was begun. */
export interface Strategy {
  /** Asks for the task. Rejects with a RecordStoreError when it isn't known in time whose it is. */
  begin(): Promise<Begun>;
  run(attempt: Attempt): Promise<Ran>;
  /** Makes the attempt's end durable. Rejects with a RecordStoreError when that can't be known. */
  finish(attempt: Attempt, ran: Ran): Promise<Outcome>;
}

/** An attempt that may run. */
export interface Attempt {
  readonly rejected: false;
  /** Its token. */
  readonly owner: string;
  /** 1 for the task's first attempt; always 1 where attempts aren't counted before they end. */
  readonly number: number;
}

export type Begun = Attempt | { readonly rejected: true; readonly outcome: Outcome };

/** What strategies work with. Log lines belong to the delivery. */
export type AttemptWorker = Pick<Worker, "store" | "clock" | "log" | "shutdown">;

export function reject(outcome: Outcome): Begun {
  return { rejected: true, outcome };
}

/** What a delivery's attempt tells of itself when it asks for the task. */
export function claimantOf({ envelope, maxAttempts, kind, isFirstDispatch }: Delivery, owner: string): Claimant {
  return {
    owner,
    payloadHash: envelope.payloadHash,
    maxAttempts,
    enqueuedAtMs: Date.parse(envelope.enqueuedAt),
    mayHaveRunUnseen: kind !== "claim" && !isFirstDispatch,
  };
}

/**
 * Begins an attempt that writes nothing before it ends, and usually reads nothing. A task that has come to its last
 * deliveries, perhaps because it kills every attempt, is looked at before it runs.
 */
export async function beginUnclaimed(delivery: Delivery, { store, clock }: AttemptWorker): Promise<Begun> {
  const attempt = newAttempt();
  const claimant = claimantOf(delivery, attempt.owner);
  if (!mayBeTooOld(claimant, clock.now())) return attempt;
  const step = store.beginStep();
  const { decision } = await store.within(step, () =>
    store.change(delivery, ({ record, readTimeMs }) => admitUnclaimed(record, claimant, readTimeMs)),
  );
  return decision.kind === "reject" ? reject(decision.outcome) : attempt;
}

/** The token is made here and not where a record was read, which can run again after a commit whose response was lost. */
export function newAttempt(): Attempt {
  return { rejected: false, owner: randomUUID(), number: 1 };
}

/** Ends an attempt that wrote nothing before: its record, where it needs one, comes to be now. */
export async function finishUnclaimed(
  { owner }: Attempt,
  ran: Ran,
  { delivery, worker: { store } }: { readonly delivery: Delivery; readonly worker: AttemptWorker },
): Promise<Outcome> {
  if (ran.kind === "decided") return ran.outcome;
  const { end } = ran;
  const known = outcomeWithoutRecord(end, delivery);
  if (known) return known;

  const claimant = claimantOf(delivery, owner);
  const step = store.beginStep();
  let triedFence: number | null = null;
  const { decision } = await store.within(step, () =>
    store.change(
      delivery,
      ({ record, readTimeMs }) => {
        const settlement = settleUnclaimed(record, { claimant, end, triedFence }, readTimeMs);
        triedFence = settlement.recordedAs?.fence ?? triedFence;
        return settlement;
      },
      step,
    ),
  );
  return decision.outcome;
}
