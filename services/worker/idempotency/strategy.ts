import { randomUUID } from "node:crypto";
import { hopAtMs, isEarly } from "../../../shared/contract/envelope.ts";
import { type Claimant, admitEarly, admitUnclaimed, mayBeTooOld } from "../lifecycle/admission.ts";
import { outcomeWithoutRecord, settleUnclaimed } from "../lifecycle/record-settlement.ts";
import type { Outcome } from "../outcome.ts";
import type { Delivery, UnrunnableDelivery } from "../parse-delivery.ts";
import type { Ran } from "../runner/run-handler.ts";
import type { KnownRead } from "../../../shared/records/read-record.ts";
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
  /** The record as the attempt found it, if it has read it; its end can be written without reading it again. */
  readonly read?: KnownRead;
}

export type Begun = Attempt | { readonly rejected: true; readonly outcome: Outcome };

/** What strategies depend on. The log is the delivery's. */
export interface AttemptWorker extends Pick<Worker, "instance" | "store" | "clock" | "log" | "shutdown" | "relay"> {
  readonly task: RunningTask;
}

/** The beginning of an attempt that may not run. */
export function reject(outcome: Outcome): Begun {
  return { rejected: true, outcome };
}

/**
 * The token is generated here, not where a record is read: that code can run again after a commit whose response was
 * lost.
 */
export function newAttempt(
  delivery: Delivery,
  { instance, clock }: Pick<AttemptWorker, "instance" | "clock">,
): Attempt {
  const { envelope, maxAttempts, kind, isRepeated } = delivery;
  return {
    rejected: false,
    taskId: envelope.id,
    backoff: delivery.kind === "unrunnable" ? undefined : delivery.backoff,
    owner: randomUUID(),
    number: 1,
    hop: envelope.hop ?? 0,
    instance,
    startedAtMs: clock.now(),
    payloadHash: envelope.payloadHash,
    maxAttempts,
    hopAtMs: hopAtMs(envelope),
    isRepeated,
    mayHaveRunUnseen: kind !== "claim" && isRepeated,
    onDead: delivery.onDead,
  };
}

/**
 * Begins an attempt, unless its delivery is early. Then its task moves to the next hop, with one read and one
 * commit, and no attempt is counted.
 */
export async function beginWhenDue(strategy: Strategy, delivery: Delivery, worker: AttemptWorker): Promise<Begun> {
  const { envelope } = delivery;
  const { store, clock } = worker;
  if (envelope.notBefore === undefined || !isEarly(envelope, clock.now())) return await strategy.begin();
  const dueAtMs = Date.parse(envelope.notBefore);
  const attempt = newAttempt(delivery, worker);
  const untilMs = store.stepUntilMs();
  const admission = await store.within(untilMs, () =>
    store.change(
      delivery,
      ({ record, readTimeMs }) =>
        admitEarly(record, attempt, { dueAtMs, readTimeMs, isDue: !isEarly(envelope, readTimeMs) }),
      untilMs,
    ),
  );
  return admission.kind === "reject" ? reject(admission.outcome) : await strategy.begin();
}

/**
 * Begins an attempt that writes nothing before it ends, and reads nothing if nothing was tried before: the record of a
 * task that is delivered again may say that it was cancelled. If the task can't run, the record is read first only
 * when the task is close to the end of its life.
 */
export async function beginUnclaimed(delivery: Delivery, worker: AttemptWorker): Promise<Begun> {
  const { store, clock } = worker;
  const attempt = newAttempt(delivery, worker);
  const comesAgain = delivery.kind !== "unrunnable" && !delivery.isFirstDispatch;
  if (!comesAgain && !mayBeTooOld(attempt, clock.now())) return attempt;
  const admission = await store.within(store.stepUntilMs(), () =>
    store.change(delivery, ({ record, readTimeMs }) => admitUnclaimed(record, attempt, readTimeMs)),
  );
  return admission.kind === "reject" ? reject(admission.outcome) : { ...attempt, read: admission.read };
}

/**
 * Ends an attempt that hasn't written anything yet. If it needs a record, this writes it.
 *
 * @param untilMs the end of the step, in milliseconds since the epoch. Default: of one that begins now.
 */
export async function finishUnclaimed(
  attempt: Attempt,
  ran: Ran,
  { delivery, worker: { store, clock } }: { readonly delivery: Delivery; readonly worker: AttemptWorker },
  untilMs = store.stepUntilMs(),
): Promise<Outcome> {
  if (ran.kind === "decided") return ran.outcome;
  const { end } = ran;
  const known = outcomeWithoutRecord(end, delivery);
  if (known) return known;

  const endedAtMs = clock.now();
  let triedFence: number | null = null;
  const { outcome } = await store.within(untilMs, () =>
    store.change(
      delivery,
      ({ record, readTimeMs }) => {
        const settlement = settleUnclaimed(record, { claimant: attempt, end, endedAtMs, triedFence }, readTimeMs);
        triedFence = settlement.recordedAs?.fence ?? triedFence;
        return settlement;
      },
      untilMs,
      attempt.read,
    ),
  );
  return outcome;
}

/**
 * A task that can't run here, because its type is unknown or its payload is invalid. Nothing runs; only the end is
 * recorded.
 */
export function unrunnableStrategy(delivery: UnrunnableDelivery, worker: AttemptWorker): Strategy {
  return {
    begin: () => beginUnclaimed(delivery, worker),
    run: () => Promise.resolve({ kind: "ended", end: delivery.end }),
    finish: (attempt, ran) => finishUnclaimed(attempt, ran, { delivery, worker }),
  };
}
