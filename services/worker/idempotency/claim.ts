import type { Timestamp } from "@google-cloud/firestore";
import assert from "node:assert/strict";
import type { AttemptLog } from "../../../shared/records/attempt-log.ts";
import { type TaskRecord, snoozesInARow } from "../../../shared/records/task-record.ts";
import type { AttemptNumbers } from "../../../shared/records/transition.ts";
import { errorFields } from "../../../shared/runtime/error-fields.ts";
import { admitClaim } from "../lifecycle/admission.ts";
import { settleClaimed } from "../lifecycle/record-settlement.ts";
import { type AttemptEnd, settlementOf } from "../lifecycle/settlement.ts";
import type { Outcome } from "../outcome.ts";
import type { RunnableDelivery } from "../parse-delivery.ts";
import { type Ran, failedWhenStuck, runDirectly, runHandler } from "../runner/run-handler.ts";
import { type Attempt, type AttemptWorker, type Begun, type Strategy, newAttempt, reject } from "./strategy.ts";

/**
 * An attempt that owns the record, last written at `updateTime`. If nobody has written since, it settles without a
 * read.
 */
interface ClaimedAttempt extends Attempt, AttemptNumbers {
  readonly updateTime: Timestamp;
  /** The attempts before this one, as the claim found them. */
  readonly log: AttemptLog;
  /** How often in a row the task was snoozed before. */
  readonly snoozes: number;
}

/**
 * `claim`: the attempt leases the task's name before the handler runs, and completes it afterwards: two commits, and no
 * read the first time.
 *
 *     create the record, on condition that there is none ──ok──▶ ours
 *            └── not the first dispatch; exists, or unclear ──▶ read, then conditional commit ──▶ ours or another's (see `admitClaim`)
 */
export function claimStrategy(delivery: RunnableDelivery, worker: AttemptWorker): Strategy {
  return {
    begin: () => claimInTime(delivery, worker),
    run: ({ number }) =>
      runHandler(delivery, number, {
        worker,
        work: {
          run: (context) => runDirectly(delivery, context),
          // The attempt was counted when it claimed, and its claim must last until its lease ends.
          whenStuck: (end) => ({ kind: "decided", outcome: failedWhenStuck(end) }),
        },
      }),
    finish: (attempt: ClaimedAttempt, ran: Ran) =>
      ran.kind === "decided" ? Promise.resolve(ran.outcome) : settle(attempt, ran.end, { delivery, worker }),
  };
}

/**
 * Claims the task within one step. The client can't be cancelled, so a claim can still take effect after its delivery
 * has had its response. Nobody would run it, and it would cost the task a lease and an attempt, so it is released.
 *
 *     |---- step ----| 503 ──── claim takes effect ──▶ released
 *
 * A process that was throttled or paused can see the claim's response before its own timer fires. By then, the lease
 * may be over and another attempt may own the task, so this one doesn't begin, either. The instance's clock is good
 * enough for that, unless it was set back while the process was paused.
 */
async function claimInTime(delivery: RunnableDelivery, worker: AttemptWorker): Promise<Begun> {
  const untilMs = worker.store.stepUntilMs();
  const claiming = claim(delivery, worker);
  const release = (): void => void worker.shutdown.track(releaseLate(claiming, { delivery, worker }));
  try {
    const begun = await worker.store.within(untilMs, () => claiming);
    if (begun.rejected || !mayBeOver(untilMs, worker)) return begun;
    release();
    return reject({ kind: "unavailable", reason: "late-claim" });
  } catch (error) {
    release();
    throw error;
  }
}

async function claim(delivery: RunnableDelivery, worker: AttemptWorker): Promise<ClaimedAttempt | Rejected> {
  const { store, instance } = worker;
  const attempt = newAttempt(delivery, worker);
  const first = { attempt: { owner: attempt.owner, fence: 1, attempts: 1 }, log: [] };
  const created =
    delivery.isFirstDispatch && (await store.create(delivery, { kind: "claim", ...first, instance, from: null }));
  if (created) return { ...attempt, ...first.attempt, log: first.log, snoozes: 0, updateTime: created };

  const admission = await store.change(delivery, ({ record, readTimeMs }) => admitClaim(record, attempt, readTimeMs));
  if (admission.kind === "reject") return { rejected: true, outcome: admission.outcome };
  const { attempt: claimed, from, log, updateTime } = admission;
  assert(updateTime, "A claimed record has been written.");
  const snoozes = from ? snoozesBefore(from, attempt) : 0;
  return { ...attempt, ...claimed, number: claimed.attempts, log, snoozes, updateTime };
}

/** The record may be this attempt's own claim already. */
function snoozesBefore(from: TaskRecord, { owner }: Attempt): number {
  return from.owner === owner ? (from.snoozes ?? 0) : snoozesInARow(from);
}

type Rejected = Extract<Begun, { rejected: true }>;

/** Whether the claim's lease may be over. So much time has passed that this process must have been paused. */
function mayBeOver(untilMs: number, { clock }: AttemptWorker): boolean {
  return clock.now() > untilMs;
}

interface On {
  readonly delivery: RunnableDelivery;
  readonly worker: AttemptWorker;
}

/** If this fails as well, the lease still ends. */
async function releaseLate(claiming: Promise<ClaimedAttempt | Rejected>, on: On): Promise<void> {
  const late = await claiming.catch(() => null);
  if (!late || late.rejected) return;
  try {
    await settle(late, { kind: "released" }, on);
  } catch (error) {
    const { delivery, worker } = on;
    worker.log.warn({ ...errorFields(error), taskId: delivery.envelope.id }, "a late claim could not be released");
  }
}

/** The happy path is one commit, on condition that the record is as the claim left it. */
async function settle(attempt: ClaimedAttempt, end: AttemptEnd, { delivery, worker }: On): Promise<Outcome> {
  const { store, clock } = worker;
  const untilMs = store.stepUntilMs();
  const story = { log: attempt.log, start: attempt, endedAtMs: clock.now() };
  const settlement = settlementOf(end, attempt, { maxAttempts: delivery.maxAttempts, story });
  const { transition } = settlement;
  if (transition && (await store.settle(delivery, transition, { updateTime: attempt.updateTime, untilMs }))) {
    return settlement.outcome;
  }
  const { outcome } = await store.within(untilMs, () =>
    store.change(delivery, ({ record }) => settleClaimed(record, attempt, settlement), untilMs),
  );
  return outcome;
}
