import { admitClaim, admitUnclaimed, mayBeTooOld } from "../../services/worker/lifecycle/admission.ts";
import {
  outcomeWithoutRecord,
  settleClaimed,
  settleInTransaction,
  settleUnclaimed,
  settlementOf,
} from "../../services/worker/lifecycle/settlement.ts";
import { writesOf } from "../../shared/records/transition.ts";

/**
 * The worker's decisions, and the interpreter that carries them out. The model calls these, so that a test can replace
 * a right one by a wrong one.
 */
export const DECISIONS = {
  admitClaim,
  admitUnclaimed,
  mayBeTooOld,
  settlementOf,
  settleClaimed,
  settleUnclaimed,
  outcomeWithoutRecord,
  settleInTransaction,
  writesOf,
};

export type Decisions = Readonly<typeof DECISIONS>;
