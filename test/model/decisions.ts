import { admitClaim, admitEarly, admitUnclaimed, mayBeTooOld } from "../../services/worker/lifecycle/admission.ts";
import {
  outcomeWithoutRecord,
  settleClaimed,
  settleInTransaction,
  settleUnclaimed,
} from "../../services/worker/lifecycle/record-settlement.ts";
import { settlementOf } from "../../services/worker/lifecycle/settlement.ts";
import { decideReplay } from "../../services/producer/dead-letters/decide-replay.ts";
import { decideCancel } from "../../services/producer/tasks/cancel/decide-cancel.ts";
import { hopsToDelete } from "../../services/producer/tasks/moving/delete-hops.ts";
import { decideRun } from "../../services/producer/tasks/run/decide-run.ts";
import { acceptsDeliveryFrom, queuesOf } from "../../shared/contract/queue-shards.ts";
import { decideFound, decideMissing, decideOld, decideRefusal, isVoid } from "../../shared/outbox/decide-refusal.ts";
import { writesOf } from "../../shared/records/writes.ts";

/**
 * The worker's, the producer's and the relay's decisions, and the interpreter that carries them out. The models call these,
 * so that a test can replace a right one by a wrong one. Where a task is created, found and deleted is one decision of the queue's.
 */
export const DECISIONS = {
  admitClaim,
  admitEarly,
  admitUnclaimed,
  mayBeTooOld,
  settlementOf,
  settleClaimed,
  settleUnclaimed,
  outcomeWithoutRecord,
  settleInTransaction,
  decideCancel,
  decideRun,
  decideReplay,
  hopsToDelete,
  decideFound,
  decideMissing,
  decideOld,
  decideRefusal,
  isVoid,
  acceptsDeliveryFrom,
  createsIn: queuesOf,
  findsIn: queuesOf,
  deletesIn: queuesOf,
  writesOf,
};

export type Decisions = Readonly<typeof DECISIONS>;
