import type { Timestamp } from "@google-cloud/firestore";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { changeRecord } from "../../../shared/records/task-store.ts";
import { mayBeTooOld } from "../lifecycle/admission.ts";
import { concede } from "../lifecycle/concede.ts";
import { type Delivery, claimantOf } from "../delivery.ts";
import type { Outcome } from "../outcome.ts";
import { decideReadClaim } from "../lifecycle/read-claim.ts";
import { isFirestoreError } from "./record-store.ts";
import { type AttemptNumbers, recordRef, runningRecord } from "../../../shared/records/transition.ts";
import { decideUnrecordedRun } from "../lifecycle/unrecorded-run.ts";
import type { Worker } from "../worker.ts";

/** An attempt that may run. */
export type Attempt = ClaimedAttempt | UnrecordedAttempt;

/** It owns the record, which was last written at the update time: unless it was since, it is settled without reading. */
export type ClaimedAttempt = AttemptNumbers & { readonly kind: "claimed"; readonly updateTime: Timestamp };

/** Nothing was written: its record, if it needs one, is written when it ends, once it has been read. */
export type UnrecordedAttempt = { readonly kind: "unrecorded"; readonly owner: string };

export type Claim =
  | { readonly kind: "ours"; readonly attempt: Attempt }
  | { readonly kind: "not-ours"; readonly outcome: Outcome };

/**
 * Claims the task for one attempt.
 *
 *     create the record, on condition that there is none ──ok──▶ ours                      (one commit, no read)
 *            └── exists, or unclear ──▶ read, then conditional commit ──▶ ours or another's (see decideReadClaim)
 *
 * It takes as long as the client goes on trying, and rejects with the client's errors: see `claimInTime`.
 */
export async function claimTask(delivery: Delivery, worker: Worker): Promise<Claim> {
  // Made here and not where a record was read, which can run again after a commit whose answer was lost.
  const owner = randomUUID();
  if (delivery.idempotency !== "claim") return await beginUnrecorded(delivery, owner, worker);

  const numbers = { owner, fence: 1, attempts: 1 };
  const updateTime = await createRecord(delivery, numbers, worker);
  if (updateTime) return { kind: "ours", attempt: { kind: "claimed", ...numbers, updateTime } };
  return await claimByReading(delivery, owner, worker);
}

/**
 * Nothing is written, and usually nothing read: a `transaction` task's record is read in its transaction. A `natural`
 * task that has come to its last deliveries, perhaps because it kills every attempt, is looked at before it runs.
 */
async function beginUnrecorded(delivery: Delivery, owner: string, { db, clock }: Worker): Promise<Claim> {
  const claimant = claimantOf(delivery, owner);
  const ourClaim: Claim = { kind: "ours", attempt: { kind: "unrecorded", owner } };
  if (delivery.idempotency === "transaction" || !mayBeTooOld(claimant, clock.now())) return ourClaim;

  const { decision } = await changeRecord<Claim>({ db, envelope: delivery.envelope }, (read, writer) => {
    const run = decideUnrecordedRun(read.record, claimant, read.readTimeMs);
    return run.kind === "run" ? ourClaim : { kind: "not-ours", outcome: concede(writer, run, { delivery, db, clock }) };
  });
  return decision;
}

/** The update time of the record that was created; undefined when only reading can tell whose it is. */
async function createRecord(
  delivery: Delivery,
  numbers: AttemptNumbers,
  { db, clock }: Worker,
): Promise<Timestamp | undefined> {
  const record = runningRecord(delivery, numbers, { record: null, clock });
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
  const { decision, updateTime } = await changeRecord({ db, envelope }, ({ record, readTimeMs }, writer) => {
    const claim = decideReadClaim(record, claimant, readTimeMs);
    if (claim.kind !== "run") return { outcome: concede(writer, claim, { delivery, db, clock }) };
    if (!claim.isWritten) writer.replace(runningRecord(delivery, claim.numbers, { record: claim.record, clock }));
    return claim;
  });
  if ("outcome" in decision) return { kind: "not-ours", outcome: decision.outcome };
  assert(updateTime, "A record that is claimed was written.");
  return { kind: "ours", attempt: { kind: "claimed", ...decision.numbers, updateTime } };
}
