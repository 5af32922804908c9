import type { Firestore } from "@google-cloud/firestore";
import type { Clock } from "../../shared/clock.ts";
import { conflictLetterId, deadLetterId } from "../../shared/records/dead-letter.ts";
import type { ClaimDecision } from "./claim-decision.ts";
import type { Delivery } from "./delivery.ts";
import type { Outcome } from "./outcome.ts";
import { bury } from "./settlement.ts";
import { type ReadRecord, type RecordWriter, deadLetter, deadLetterRef, settledFields } from "./record-writes.ts";

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

/** A decision that does not give the task to the attempt that asked. */
type Refusal = Exclude<ClaimDecision, { kind: "take" | "own" }>;

/** The outcome of a delivery that may not run, with what has to be recorded about it written. */
export function concede(
  writer: RecordWriter,
  refusal: Refusal,
  on: { delivery: Delivery; read: ReadRecord; db: Firestore; clock: Clock },
): Outcome {
  const { envelope } = on.delivery;
  switch (refusal.kind) {
    case "busy":
    case "duplicate":
      return refusal;
    case "conflict": {
      const letter = deadLetter(on.delivery, 0, CONFLICT, on.clock);
      writer.set(deadLetterRef(on.db, conflictLetterId(envelope.id, envelope.payloadHash)), letter);
      return { kind: "dead", error: CONFLICT };
    }
    case "exhausted":
    case "too-old": {
      const error = refusal.kind === "too-old" ? TOO_OLD : LOST_ATTEMPTS;
      const settlement = bury(error, refusal.record.attempts);
      writer.update(on.read.ref, settledFields(settlement, on.clock));
      const letter = deadLetter(on.delivery, settlement.attempts, error, on.clock);
      writer.set(deadLetterRef(on.db, deadLetterId(envelope.id)), letter);
      return settlement.outcome;
    }
    default:
      return refusal satisfies never;
  }
}
