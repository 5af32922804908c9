import { prefixedCollections } from "../../../shared/records/collections.ts";
import { systemClock } from "../../../shared/runtime/clock.ts";
import { LOCAL, type StackSettings, addressOf } from "../settings.ts";
import { sendEntryEvents } from "./entry-events.ts";
import type { Part } from "./part.ts";
import { sendTicks } from "./ticks.ts";

/** Starts the stand-ins for the Eventarc trigger and Cloud Scheduler, which make the producer relay the outbox. */
export function startRelaying({ variables }: StackSettings, print: (line: string) => void): Part {
  const { taskOutbox: collection } = prefixedCollections(variables.COLLECTION_PREFIX);
  const firestore = addressOf(variables.FIRESTORE_EMULATOR_HOST);
  const database = `projects/${LOCAL.project}/databases/${variables.FIRESTORE_DATABASE}`;
  const producerUrl = `http://127.0.0.1:${variables.PRODUCER_PORT}`;
  const parts = [
    sendEntryEvents({ firestore, database, collection, producerUrl, clock: systemClock, print }),
    sendTicks({ producerUrl, clock: systemClock }),
  ];
  return {
    stop: async () => {
      await Promise.all(parts.map((part) => part.stop()));
    },
  };
}
