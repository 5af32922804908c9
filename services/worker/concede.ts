import type { Firestore, Transaction } from "@google-cloud/firestore";
import type { Clock } from "../../shared/clock.ts";
import { conflictLetterId } from "../../shared/records/dead-letter.ts";
import type { Concession } from "./concession.ts";
import type { Delivery } from "./delivery.ts";
import type { Outcome } from "./outcome.ts";
import {
  type ReadRecord,
  deadLetter,
  deadLetterRef,
  settledFields,
  settledRecord,
  writeDeadLetter,
} from "./record-writes.ts";

/** The outcome of a delivery that may not run, with what has to be recorded about it written in the transaction. */
export function concede(
  transaction: Transaction,
  concession: Concession,
  on: { delivery: Delivery; read: ReadRecord; db: Firestore; clock: Clock },
): Outcome {
  const { envelope } = on.delivery;
  switch (concession.kind) {
    case "answer":
      return concession.outcome;
    case "keep-conflict": {
      const letter = deadLetter(on.delivery, 0, concession.error, on.clock);
      transaction.set(deadLetterRef(on.db, conflictLetterId(envelope.id, envelope.payloadHash)), letter);
      return { kind: "dead", error: concession.error };
    }
    case "bury": {
      const { settlement, newRecord } = concession;
      if (newRecord) {
        transaction.set(on.read.ref, settledRecord(envelope, newRecord, settlement, { record: null, clock: on.clock }));
      } else {
        transaction.update(on.read.ref, settledFields(settlement, on.clock));
      }
      writeDeadLetter(transaction, settlement, on);
      return settlement.outcome;
    }
    default:
      return concession satisfies never;
  }
}
