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

/** An attempt that may run, and what it tells of itself when it asks for its task. */
export interface Attempt extends Claimant {
  readonly rejected: false;
  /** 1 for the task's first attempt; always 1 where attempts aren't counted before they end. */
  readonly number: number;
}

export type Begun = Attempt | { readonly rejected: true; readonly outcome: Outcome };

/** What strategies work with. Log lines belong to the delivery. */
export type AttemptWorker = Pick<Worker, "store" | "clock" | "log" | "shutdown">;

export function reject(outcome: Outcome): Begun {
  return { rejected: true, outcome };
}

/** The token is made here and not where a record was read, which can run again after a commit whose response was lost. */
export function newAttempt({ envelope, maxAttempts, kind, isFirstDispatch }: Delivery): Attempt {
  return {
    rejected: false,
    owner: randomUUID(),
    number: 1,
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
  const attempt = newAttempt(delivery);
  if (!mayBeTooOld(attempt, clock.now())) return attempt;
  const admission = await store.within(store.stepUntilMs(), () =>
    store.change(delivery, ({ record, readTimeMs }) => admitUnclaimed(record, attempt, readTimeMs)),
  );
  return admission.kind === "reject" ? reject(admission.outcome) : attempt;
}

/** Ends an attempt that wrote nothing before: its record, where it needs one, comes to be now. */
export async function finishUnclaimed(
  attempt: Attempt,
  ran: Ran,
  { delivery, worker: { store } }: { readonly delivery: Delivery; readonly worker: AttemptWorker },
): Promise<Outcome> {
  if (ran.kind === "decided") return ran.outcome;
  const { end } = ran;
  const known = outcomeWithoutRecord(end, delivery);
  if (known) return known;

  const untilMs = store.stepUntilMs();
  let triedFence: number | null = null;
  const { outcome } = await store.within(untilMs, () =>
    store.change(
      delivery,
      ({ record, readTimeMs }) => {
        const settlement = settleUnclaimed(record, { claimant: attempt, end, triedFence }, readTimeMs);
        triedFence = settlement.recordedAs?.fence ?? triedFence;
        return settlement;
      },
      untilMs,
    ),
  );
  return outcome;
}
