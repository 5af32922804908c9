import type { Firestore } from "@google-cloud/firestore";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { conflictLetterId } from "../../../shared/records/dead-letter.ts";
import type { Concession } from "./concession.ts";
import type { Delivery } from "../delivery.ts";
import type { Outcome } from "../outcome.ts";
import {
  type RecordWriter,
  deadLetter,
  deadLetterRef,
  settledFields,
  settledRecord,
  writeDeadLetter,
} from "../../../shared/records/transition.ts";

/** The outcome of a delivery that may not run, with what has to be recorded about it written. */
export function concede(
  writer: RecordWriter,
  concession: Concession,
  on: { delivery: Delivery; db: Firestore; clock: Clock },
): Outcome {
  const { envelope } = on.delivery;
  switch (concession.kind) {
    case "answer":
      return concession.outcome;
    case "keep-conflict": {
      // On no condition: that another payload stood in the record when it was read is all that the letter says.
      const letter = deadLetter(on.delivery, 0, concession.error, on.clock);
      writer.set(deadLetterRef(on.db, conflictLetterId(envelope.id, envelope.payloadHash)), letter);
      return { kind: "dead", error: concession.error };
    }
    case "bury": {
      const { settlement, newRecord } = concession;
      const before = { record: null, clock: on.clock };
      if (newRecord) writer.replace(settledRecord(envelope, newRecord, settlement, before));
      else writer.update(settledFields(settlement, on.clock));
      writeDeadLetter(writer, settlement, on);
      return settlement.outcome;
    }
    default:
      return concession satisfies never;
  }
}
