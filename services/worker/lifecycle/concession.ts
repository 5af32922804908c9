import type { TaskError } from "../../../shared/records/task-record.ts";
import type { ClaimDecision, Claimant } from "./admission.ts";
import type { Outcome } from "../outcome.ts";
import type { AttemptNumbers } from "../../../shared/records/transition.ts";
import { type Settlement, bury } from "./settlement.ts";

/** A decision that does not give the task to the attempt that asked. */
export type Refusal = Exclude<ClaimDecision, { kind: "take" | "own" }>;

/** What a delivery that may not run leaves behind, and what it is answered. */
export type Concession =
  /** Nothing is written. */
  | { readonly kind: "answer"; readonly outcome: Outcome }
  /** The task's record, a new one where there is none, and its dead letter are written together. */
  | { readonly kind: "bury"; readonly settlement: Settlement; readonly newRecord: AttemptNumbers | null }
  /** The record is another payload's and is left alone: this one gets a dead letter of its own. */
  | { readonly kind: "keep-conflict"; readonly error: TaskError };

const CONFLICT = {
  code: "payload_conflict",
  message: "The task's id was used before with another payload; this one was not run.",
};

const LOST_ATTEMPTS = {
  code: "attempts_used_up",
  message: "The last allowed attempt ended without saying how, as when its process is killed.",
};

const TOO_OLD = {
  code: "too_old",
  message: "The task was not done within 30 days; Cloud Tasks deletes it after 31.",
};

/** Decides how a delivery ends that may not run. */
export function decideConcession(refusal: Refusal, { owner }: Pick<Claimant, "owner">): Concession {
  switch (refusal.kind) {
    case "busy":
    case "duplicate":
      return { kind: "answer", outcome: refusal };
    case "conflict":
      return { kind: "keep-conflict", error: CONFLICT };
    case "exhausted":
      return { kind: "bury", settlement: bury(LOST_ATTEMPTS, refusal.record.attempts), newRecord: null };
    case "too-old": {
      // How often it was tried is not known of a task without a record.
      const attempts = refusal.record?.attempts ?? 0;
      const newRecord = refusal.record ? null : { owner, fence: refusal.nextFence, attempts };
      return { kind: "bury", settlement: bury(TOO_OLD, attempts), newRecord };
    }
    default:
      return refusal satisfies never;
  }
}
