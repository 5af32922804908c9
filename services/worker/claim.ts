import type { Timestamp } from "@google-cloud/firestore";
import { randomUUID } from "node:crypto";
import { isTerminal } from "../../shared/records/task-record.ts";
import { changeRecord } from "./change-record.ts";
import { decideClaim } from "./claim-decision.ts";
import { concede } from "./concede.ts";
import { type Delivery, claimantOf } from "./delivery.ts";
import type { Outcome } from "./outcome.ts";
import { isFirestoreError } from "./record-store.ts";
import { type AttemptNumbers, recordRef, runningRecord } from "./record-writes.ts";
import type { Worker } from "./worker.ts";

/** An attempt that may run. */
export type Attempt = ClaimedAttempt | UnrecordedAttempt;

/** It owns the record, which was last written at the update time: unless it was since, it is settled without reading. */
export type ClaimedAttempt = AttemptNumbers & { readonly kind: "claimed"; readonly updateTime: Timestamp | null };

/** Nothing was written: its record, if it needs one, is written when it ends, by a transaction that reads it. */
export type UnrecordedAttempt = { readonly kind: "unrecorded"; readonly owner: string };

export type Claim =
  | { readonly kind: "ours"; readonly attempt: Attempt }
  | { readonly kind: "not-ours"; readonly outcome: Outcome };

/**
 * Claims the task for one attempt.
 *
 *     create the record, on condition that there is none ──ok──▶ ours                      (one commit, no read)
 *            └── exists, or unclear ──▶ read, then conditional commit ──▶ ours or another's (see decideClaim)
 *
 * It takes as long as the client goes on trying, and rejects with the client's errors: see `claimInTime`.
 */
export async function claimTask(delivery: Delivery, worker: Worker): Promise<Claim> {
  // Made here and not in a transaction's callback, which can run again after a commit whose answer was lost.
  const owner = randomUUID();
  if (delivery.idempotency !== "claim") return { kind: "ours", attempt: { kind: "unrecorded", owner } };

  const numbers = { owner, fence: 1, attempts: 1 };
  const updateTime = await createRecord(delivery, numbers, worker);
  if (updateTime) return { kind: "ours", attempt: { kind: "claimed", ...numbers, updateTime } };
  return await claimByReading(delivery, owner, worker);
}

/** The update time of the record that was created; undefined when only reading can tell whose it is. */
async function createRecord(
  delivery: Delivery,
  numbers: AttemptNumbers,
  { db, clock }: Worker,
): Promise<Timestamp | undefined> {
  const record = runningRecord(delivery.envelope, numbers, { record: null, clock });
  try {
    const created = await recordRef(db, delivery.envelope).create(record);
    return created.writeTime;
  } catch (error) {
    // ALREADY_EXISTS may be the client's own repetition of a commit whose answer was lost, and so may others.
    if (isFirestoreError(error)) return undefined;
    throw error;
  }
}

async function claimByReading(delivery: Delivery, owner: string, { db, clock }: Worker): Promise<Claim> {
  const { envelope } = delivery;
  const claimant = claimantOf(delivery, owner);
  const { decision: claim, updateTime } = await changeRecord<Claim>({ db, envelope }, (read, writer) => {
    const decision = decideClaim(read.record, claimant, read.readTimeMs);
    if (decision.kind === "own" && isTerminal(decision.record.state)) {
      return { kind: "not-ours", outcome: { kind: "duplicate", state: decision.record.state } };
    }
    if (decision.kind === "own") {
      return ours({ owner, fence: decision.record.fence, attempts: decision.record.attempts });
    }
    if (decision.kind === "take") {
      const numbers = { owner, fence: decision.fence, attempts: decision.attempts };
      const record = runningRecord(envelope, numbers, { record: read.record, clock });
      if (read.record) writer.update(read.ref, record);
      else writer.create(read.ref, record);
      return ours(numbers);
    }
    return { kind: "not-ours", outcome: concede(writer, decision, { delivery, read, db, clock }) };
  });
  return claim.kind === "ours" && claim.attempt.kind === "claimed"
    ? { kind: "ours", attempt: { ...claim.attempt, updateTime } }
    : claim;
}

function ours(numbers: AttemptNumbers): Claim {
  return { kind: "ours", attempt: { kind: "claimed", ...numbers, updateTime: null } };
}
