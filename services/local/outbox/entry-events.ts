import { randomUUID } from "node:crypto";
import type { Firestore, QuerySnapshot } from "@google-cloud/firestore";
import { forEachConcurrently } from "../../../shared/process/for-each-concurrently.ts";
import { type Clock, type Timer, systemClock } from "../../../shared/runtime/clock.ts";
import { PendingCalls, closeFirestore } from "../../../shared/runtime/pending-calls.ts";
import type { Part } from "./part.ts";

/** The collection to listen to, and where to send its events. */
export interface EntryEvents {
  readonly db: Firestore;
  /** The outbox's collection. */
  readonly collection: string;
  /** The producer's address, without a path. */
  readonly producerUrl: string;
  readonly clock: Clock;
  readonly print: (line: string) => void;
}

/** How many events are sent at once. */
const CONCURRENCY = 20;
/** How long the producer may take for one event, in milliseconds. */
const SEND_LIMIT_MS = 15_000;
/** How long to wait before listening again after an error that the client doesn't recover from, in milliseconds. */
const LISTEN_AGAIN_MS = 1_000;

/**
 * A stand-in for the Eventarc trigger: posts an event to the producer for each new outbox entry. The tick relays
 * entries whose event fails. Entries that already exist at the start count as new, too.
 */
export function sendEntryEvents(events: EntryEvents): Part {
  const { db, collection, clock, print } = events;
  const sending = new PendingCalls();
  const stopping = new AbortController();
  let again: Timer | undefined;
  let stopListening: (() => void) | undefined;
  let isListening = false;
  const onSnapshot = (snapshot: QuerySnapshot): void => {
    isListening = true;
    const added = snapshot.docChanges().filter(({ type }) => type === "added");
    const ids = added.map(({ doc }) => doc.id);
    void sending.track(forEachConcurrently(ids, CONCURRENCY, (id) => sendEvent(id, events, stopping.signal)));
  };
  const listen = (): void => {
    stopListening = db.collection(collection).onSnapshot(onSnapshot, (error) => {
      isListening = false;
      print(`The outbox can't be watched (${error.message}); trying again`);
      again = clock.setTimer(LISTEN_AGAIN_MS, listen);
    });
  };
  listen();
  return {
    async stop() {
      again?.cancel();
      stopListening?.();
      stopping.abort();
      // Closing a client while it tries to listen causes an unhandled rejection, so it is left to end with the process.
      if (isListening) await closeFirestore(db, { calls: sending, clock: systemClock });
    },
  };
}

/** In binary mode (https://cloud.google.com/eventarc/docs/event-format). The producer doesn't read the body. */
async function sendEvent(id: string, { collection, producerUrl }: EntryEvents, signal: AbortSignal): Promise<void> {
  const document = `${collection}/${id}`;
  const headers = {
    "content-type": "application/protobuf",
    "ce-id": randomUUID(),
    "ce-specversion": "1.0",
    "ce-type": "google.cloud.firestore.document.v1.created",
    "ce-source": "//firestore.googleapis.com/projects/handoff-local/databases/(default)",
    "ce-subject": `documents/${document}`,
    "ce-document": document,
    "ce-time": new Date().toISOString(),
  };
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(SEND_LIMIT_MS)]);
    const response = await fetch(`${producerUrl}/v1/outbox/relay`, { method: "POST", headers, signal: limit });
    await response.body?.cancel();
  } catch {
    // The producer is restarting or stopping. The entry stays where it is.
  }
}
