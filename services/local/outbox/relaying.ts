import { prefixedCollections } from "../../../shared/records/collections.ts";
import { systemClock } from "../../../shared/runtime/clock.ts";
import { LOCAL, type StackSettings, addressOf } from "../settings.ts";
import { sendEntryEvents } from "./entry-events.ts";
import type { Part } from "./part.ts";
import { sendTicks } from "./ticks.ts";

/** Starts the stand-ins for the Eventarc trigger and Cloud Scheduler, which make the producer relay the outbox. */
export async function startRelaying({ variables }: StackSettings, print: (line: string) => void): Promise<Part> {
  // Loaded while the programs start, since it takes longer than everything else here.
  const [{ Firestore }, { PassThroughClient }] = await Promise.all([
    import("@google-cloud/firestore"),
    import("google-auth-library"),
  ]);
  const db = new Firestore({
    projectId: LOCAL.project,
    databaseId: variables.FIRESTORE_DATABASE,
    host: addressOf(variables.FIRESTORE_EMULATOR_HOST),
    ssl: false,
    // Without it, the client looks for a metadata server, and warns that it found none.
    authClient: new PassThroughClient(),
    customHeaders: { Authorization: "Bearer owner" },
  });
  const { taskOutbox: collection } = prefixedCollections(variables.COLLECTION_PREFIX);
  const producerUrl = `http://127.0.0.1:${variables.PRODUCER_PORT}`;
  const parts = [
    sendEntryEvents({ db, collection, producerUrl, clock: systemClock, print }),
    sendTicks({ producerUrl, clock: systemClock }),
  ];
  return {
    stop: async () => {
      await Promise.all(parts.map((part) => part.stop()));
    },
  };
}
