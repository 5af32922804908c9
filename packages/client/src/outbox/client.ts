import { Firestore, type Transaction, type WriteBatch } from "@google-cloud/firestore";
import type * as z from "zod";
import { plainEmail } from "../../../../shared/auth/email.ts";
import type { TaskId } from "../../../../shared/contract/task-id.ts";
import { prefixedCollections } from "../../../../shared/records/collections.ts";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import type { Client as CoreClient } from "../client.ts";
import { createClient as createCoreClient } from "../create-client.ts";
import type { ClientOptions as CoreOptions } from "../options.ts";
import { producerAt } from "../producer.ts";
import type { TaskTypes } from "../task-types.ts";
import { type EnqueueOptions, type Target, newEntry } from "./new-entry.ts";
import { EntryWriter } from "./entry-writer.ts";
import { relaySoon } from "./relay-soon.ts";

export type { EnqueueOptions, Target };

/** Where to write the entries. */
export interface OutboxOptions {
  /** The application's own client of the database in which Handoff keeps its records. */
  readonly db: Firestore;
  /**
   * The e-mail address that the producer knows the application by, usually its service account's. The application can
   * then look up and cancel its tasks. Default: the tasks belong to the operators. Leave it out with a producer on this
   * machine, where everybody is `local`.
   */
  readonly caller?: string;
  /** The prefix of the names of Handoff's collections, as in the stack's settings. Default: none. */
  readonly collectionPrefix?: string;
}

export interface ClientOptions extends CoreOptions {
  readonly outbox: OutboxOptions;
}

/** The options of `runTransaction`. */
type TransactionOptions = Parameters<Firestore["runTransaction"]>[1];

/** A client that can also enqueue tasks in the application's own commits. */
export interface Client<Types extends TaskTypes = TaskTypes> extends CoreClient<Types> {
  /**
   * Adds a task to a transaction or a batch. The task is enqueued if the commit succeeds, and never if it doesn't. This
   * reads nothing, and sends nothing by itself.
   *
   * @returns the task's id.
   * @throws TypeError when an option isn't allowed, the payload doesn't match the type, or a transaction that
   * `transaction` runs has ended. It lists every problem.
   */
  readonly enqueueIn: <Schema extends z.ZodType>(
    to: Transaction | WriteBatch,
    taskType: Target<Schema>,
    payload: z.input<Schema>,
    options: EnqueueOptions,
  ) => TaskId;
  /**
   * Runs a transaction as `db.runTransaction` does, then has its tasks enqueued at once. It waits at most 300 ms for
   * that and ignores a failure: the tasks are committed, so the producer enqueues them anyway.
   *
   * Rejects as `db.runTransaction` does, and for no other reason.
   */
  readonly transaction: <Result>(
    callback: (transaction: Transaction) => Promise<Result>,
    options?: TransactionOptions,
  ) => Promise<Result>;
}

/**
 * Creates a client.
 *
 * @throws TypeError when an option isn't allowed.
 */
export function createClient<const Types extends TaskTypes = TaskTypes>({
  outbox,
  ...options
}: ClientOptions): Client<Types> {
  const { db, collectionPrefix = "" } = outbox;
  if (!(db instanceof Firestore)) {
    throw new TypeError(
      "outbox.db must be a Firestore of the same copy of @google-cloud/firestore that handoff-client finds. See: npm ls @google-cloud/firestore",
    );
  }
  const producer = producerAt(options);
  const caller = callerOf(outbox.caller, producer.isLocal);
  const writer = new EntryWriter(db, prefixedCollections(collectionPrefix).taskOutbox);
  return {
    ...createCoreClient<Types>(options),
    enqueueIn(to, taskType, payload, options) {
      const entry = newEntry({ taskType, payload, caller, nowMs: systemClock.now() }, options);
      writer.write(to, entry);
      return entry.fields.taskId;
    },
    async transaction(callback, options) {
      const { result, entryIds } = await writer.transaction(callback, options);
      await relaySoon(producer, entryIds, systemClock);
      return result;
    },
  };
}

function callerOf(given: string | undefined, isLocal: boolean): string | undefined {
  if (given === undefined) return isLocal ? "local" : undefined;
  const email = plainEmail(given);
  if (email === undefined) throw new TypeError("outbox.caller must be an e-mail address.");
  return email;
}
