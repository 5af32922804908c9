import type { DeployedQueues } from "../../../shared/contract/queues.ts";
import type { TaskTypes } from "../../../shared/contract/registry.ts";
import type { EntryRules } from "../../../shared/outbox/check-entry.ts";
import { OutboxStore } from "../../../shared/outbox/outbox-store.ts";
import type { Relay } from "../../../shared/outbox/relay.ts";
import { Documents } from "../../../shared/records/documents.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { connectToEmulator } from "../firestore/connect-to-emulator.ts";
import { deployTestQueues } from "../registry/test-queues.ts";

const DEAD_LETTER_RETENTION_MS = 90 * 24 * 60 * 60_000;

type Parts = Pick<Relay, "queue" | "clock" | "log"> & {
  readonly types: TaskTypes;
  /** Default: the tests' own. */
  readonly queues?: DeployedQueues;
  /** Default: those of a database that nothing is connected to. */
  readonly documents?: Documents;
} & Partial<Pick<EntryRules, "outboxTypes" | "maxPayloadBytes">>;

/** The documents of a database that nothing is connected to. */
export function detachedDocuments(clock: Clock): Documents {
  return new Documents({ db: connectToEmulator({ host: "127.0.0.1", port: 1 }), clock });
}

/** A relay with the parts of a test's producer. */
export function relayOf({ documents, queue, clock, log, types, queues, outboxTypes, maxPayloadBytes }: Parts): Relay {
  return {
    outbox: new OutboxStore(documents ?? detachedDocuments(clock)),
    queue,
    rules: {
      types,
      queues: queues ?? deployTestQueues((key) => key),
      outboxTypes,
      maxPayloadBytes: maxPayloadBytes ?? 4_096,
    },
    deadLetterRetentionMs: DEAD_LETTER_RETENTION_MS,
    clock,
    log,
  };
}
