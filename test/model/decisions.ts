import { mayBeTooOld } from "../../services/worker/lifecycle/admission.ts";
import { decideClaimedSettlement } from "../../services/worker/lifecycle/claimed-settlement.ts";
import { decideReadClaim } from "../../services/worker/lifecycle/read-claim.ts";
import { decideSettlement } from "../../services/worker/lifecycle/settlement.ts";
import { decideUnrecordedRun, settlementInTransaction } from "../../services/worker/lifecycle/unrecorded-run.ts";
import {
  decideUnrecordedSettlement,
  outcomeWithoutRecord,
} from "../../services/worker/lifecycle/unrecorded-settlement.ts";

/** The worker's decisions. The model asks these, so that a test can put a wrong one in the place of a right one. */
export interface Decisions {
  readonly readClaim: typeof decideReadClaim;
  readonly settlement: typeof decideSettlement;
  readonly claimedSettlement: typeof decideClaimedSettlement;
  readonly withoutRecord: typeof outcomeWithoutRecord;
  readonly unrecordedSettlement: typeof decideUnrecordedSettlement;
  readonly isLookedAt: typeof mayBeTooOld;
  readonly unrecordedRun: typeof decideUnrecordedRun;
  readonly inTransaction: typeof settlementInTransaction;
}

export const DECISIONS: Decisions = {
  readClaim: decideReadClaim,
  settlement: decideSettlement,
  claimedSettlement: decideClaimedSettlement,
  withoutRecord: outcomeWithoutRecord,
  unrecordedSettlement: decideUnrecordedSettlement,
  isLookedAt: mayBeTooOld,
  unrecordedRun: decideUnrecordedRun,
  inTransaction: settlementInTransaction,
};
