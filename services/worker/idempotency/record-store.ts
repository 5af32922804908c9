import type { Firestore } from "@google-cloud/firestore";
import type { Clock } from "../../../shared/runtime/clock.ts";
import type { PendingCalls } from "../../../shared/runtime/pending-calls.ts";
import { RECORD_STORE_DEADLINE_MS } from "../../../shared/contract/queues.ts";

/** Firestore refused, or did not answer in time: what was sent may still have taken effect. */
export class RecordStoreError extends Error {
  readonly code = "RECORD_STORE";
  /** The gRPC status that Firestore answered; undefined when it did not answer in time. */
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** One step of a delivery, claiming or settling, however many calls of Firestore it takes. */
export interface StoreStep {
  readonly db: Firestore;
  readonly calls: PendingCalls;
  readonly clock: Clock;
  /** When the step must have ended, in milliseconds since the epoch. */
  readonly untilMs: number;
}

/** Begins a step, which has `RECORD_STORE_DEADLINE_MS`. */
export function beginStoreStep({ db, calls, clock }: Omit<StoreStep, "untilMs">): StoreStep {
  return { db, calls, clock, untilMs: clock.now() + RECORD_STORE_DEADLINE_MS };
}

/**
 * A call of Firestore within a step. The client alone would go on for 25 s when Firestore is away.
 *
 * @throws RecordStoreError when Firestore fails, or the step's time is up.
 */
export async function inStore<Result>(step: StoreStep, call: (db: Firestore) => Promise<Result>): Promise<Result> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = step.clock.setTimer(step.untilMs - step.clock.now(), () =>
    reject(new RecordStoreError(`Firestore did not answer within ${RECORD_STORE_DEADLINE_MS} ms.`, undefined)),
  );
  try {
    return await Promise.race([step.calls.track(call(step.db)), expired]);
  } catch (error) {
    if (!isFirestoreError(error)) throw error;
    throw new RecordStoreError(`Firestore answered with status ${error.code}.`, error.code, { cause: error });
  } finally {
    timer.cancel();
  }
}

/** Errors of the client carry the number of a gRPC status. So do DOMExceptions, as of an aborted fetch, another number. */
export function isFirestoreError(error: unknown): error is Error & { code: number } {
  if (error instanceof DOMException) return false;
  return error instanceof Error && "code" in error && typeof error.code === "number";
}
