import { randomUUID } from "node:crypto";
import { type Claimant, admitUnclaimed, mayBeTooOld } from "../lifecycle/admission.ts";
import { outcomeWithoutRecord, settleUnclaimed } from "../lifecycle/settlement.ts";
import type { Outcome } from "../outcome.ts";
import type { Delivery } from "../parse-delivery.ts";
import type { Ran } from "../runner/run-handler.ts";
import type { RunningTask } from "../../../shared/process/running-task.ts";
import type { Worker } from "../worker.ts";

/**
 * How one kind of task handles being delivered more than once. The strategy that begins an attempt also finishes it.
 */
export interface Strategy {
  /** Asks for the task. Rejects with a RecordStoreError if the owner can't be determined in time. */
  begin(): Promise<Begun>;
  run(attempt: Attempt): Promise<Ran>;
  /** Makes the attempt's end durable. Rejects with a RecordStoreError if that can't be confirmed. */
  finish(attempt: Attempt, ran: Ran): Promise<Outcome>;
}

/** An attempt that may run. */
export interface Attempt extends Claimant {
  readonly rejected: false;
  /** 1 for the task's first attempt; always 1 if attempts are only counted when they end. */
  readonly number: number;
}

export type Begun = Attempt | { readonly rejected: true; readonly outcome: Outcome };

/** What strategies depend on. The log is the delivery's. */
export interface AttemptWorker extends Pick<Worker, "store" | "clock" | "log" | "shutdown"> {
  readonly task: RunningTask;
}

export function reject(outcome: Outcome): Begun {
  return { rejected: true, outcome };
}

/**
 * The token is generated here, not where a record is read: that code can run again after a commit whose response was
 * lost.
 */
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
 * Begins an attempt that writes nothing before it ends, and usually reads nothing. It reads the record first only if
 * the task is close to the end of its life, perhaps because it kills every attempt.
 */
export async function beginUnclaimed(delivery: Delivery, { store, clock }: AttemptWorker): Promise<Begun> {
  const attempt = newAttempt(delivery);
  if (!mayBeTooOld(attempt, clock.now())) return attempt;
  const admission = await store.within(store.stepUntilMs(), () =>
    store.change(delivery, ({ record, readTimeMs }) => admitUnclaimed(record, attempt, readTimeMs)),
  );
  return admission.kind === "reject" ? reject(admission.outcome) : attempt;
}

/** Ends an attempt that hasn't written anything yet. If it needs a record, this writes it. */
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
