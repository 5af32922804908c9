import { randomUUID } from "node:crypto";
import { forEachConcurrently } from "../../../shared/process/for-each-concurrently.ts";
import type { Clock, Timer } from "../../../shared/runtime/clock.ts";
import type { Part } from "./part.ts";
import { watchDocuments } from "./watch-documents.ts";

/** The collection to watch, and where to send its events. */
export interface EntryEvents {
  /** The emulator's host and port. */
  readonly firestore: string;
  /** The database's full name. */
  readonly database: string;
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
/** How long to wait before watching again after the watch has ended, in milliseconds. */
const WATCH_AGAIN_MS = 1_000;

/**
 * A stand-in for the Eventarc trigger: posts an event to the producer for each new outbox entry. The tick relays
 * entries whose event fails. Entries that already exist at the start count as new, too.
 */
export function sendEntryEvents(events: EntryEvents): Part {
  const { firestore: address, database, collection, clock, print } = events;
  const stopping = new AbortController();
  const sending = new Set<Promise<void>>();
  let again: Timer | undefined;
  const onAdded = (ids: readonly string[]): void => {
    const sent = forEachConcurrently(ids, CONCURRENCY, (id) => sendEvent(id, events, stopping.signal));
    sending.add(sent);
    void sent.finally(() => sending.delete(sent));
  };
  const onEnd = (why: string): void => {
    print(`The outbox can't be watched (${why}); trying again`);
    again = clock.setTimer(WATCH_AGAIN_MS, () => {
      stopWatching = watch();
    });
  };
  const watch = (): (() => void) => watchDocuments({ address, database, collection, onAdded, onEnd });
  let stopWatching = watch();
  return {
    async stop() {
      again?.cancel();
      stopWatching();
      stopping.abort();
      await Promise.all(sending);
    },
  };
}

/** In binary mode (https://cloud.google.com/eventarc/docs/event-format). The producer doesn't read the body. */
async function sendEvent(
  id: string,
  { database, collection, producerUrl }: EntryEvents,
  signal: AbortSignal,
): Promise<void> {
  const document = `${collection}/${id}`;
  const headers = {
    "content-type": "application/protobuf",
    "ce-id": randomUUID(),
    "ce-specversion": "1.0",
    "ce-type": "google.cloud.firestore.document.v1.created",
    "ce-source": `//firestore.googleapis.com/${database}`,
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
