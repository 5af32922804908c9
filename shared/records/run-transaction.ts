import type { Firestore, Transaction } from "@google-cloud/firestore";
import { systemClock } from "../runtime/clock.ts";
import { pause } from "../runtime/deadline.ts";
import { isFirestoreError } from "./record-store-error.ts";

const ABORTED = 10;

/** INVALID_ARGUMENT, which the service also answers for a transaction that has expired. */
const INVALID = 3;

/** Pauses after each first try that lost a lock to another transaction. */
const SHORT_PAUSES_MS = [20, 40, 80];

/** How long the client itself pauses after its first try. */
const CLIENTS_PAUSE_MS = 1_000;

/**
 * Statuses after which the client runs a transaction again (https://github.com/googleapis/google-cloud-node/blob/main/handwritten/firestore/dev/src/transaction.ts): CANCELLED,
 * UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE and UNAUTHENTICATED.
 */
const RETRIED = new Set([1, 2, 4, 8, ABORTED, 13, 14, 16]);

/**
 * Runs a transaction as Google's client does, but first tries again soon after losing a lock. Whoever holds it is about to
 * commit, and the client alone would wait for a second:
 *
 *     try ──ABORTED──▶ 20 ms ──▶ try ──▶ 40 ms ──▶ try ──▶ 80 ms ──▶ up to five tries of the client's, a second and more apart
 *      └── other errors that may pass ──▶ 1 s ──────────────────────────▲
 *
 * The times are half as long to half as long again, by chance. Like the client's, these pauses are real time.
 *
 * @throws the client's last error.
 */
export async function runTransaction<Result>(
  db: Pick<Firestore, "runTransaction">,
  body: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  for (const shortMs of SHORT_PAUSES_MS) {
    try {
      return await db.runTransaction(body, { maxAttempts: 1 });
    } catch (error) {
      if (!mayPass(error)) throw error;
      const isLock = error.code === ABORTED;
      await pause({ clock: systemClock, timeoutMs: (isLock ? shortMs : CLIENTS_PAUSE_MS) * (0.5 + Math.random()) });
      if (!isLock) break;
    }
  }
  return await db.runTransaction(body);
}

function mayPass(error: unknown): error is Error & { code: number } {
  if (!isFirestoreError(error)) return false;
  return RETRIED.has(error.code) || (error.code === INVALID && error.message.includes("transaction has expired"));
}
