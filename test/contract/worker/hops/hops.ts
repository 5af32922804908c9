import * as z from "zod";
import type { Envelope } from "../../../../shared/contract/envelope.ts";
import { TASK_OUTBOX, hopEntryId } from "../../../../shared/outbox/entry.ts";
import { parseTaskId } from "../../../../shared/contract/task-id.ts";
import type { OrdinaryTaskType } from "../../../../services/worker/runner/handler.ts";
import {
  type ScriptedHandler,
  claimTaskType,
  naturalTaskType,
  scriptedHandler,
  scriptedTransactionHandler,
  transactionTaskType,
} from "../../../harness/worker/scripted-handler.ts";
import type { WorkerHarness } from "../../../harness/worker/worker-harness.ts";

/** A handler of each kind. The rest of its type is overridden by `over`. */
export const HANDLERS = {
  claim: (over: Partial<OrdinaryTaskType> = {}) => scriptedHandler({ ...claimTaskType, ...over, idempotency: "claim" }),
  transaction: (over: object = {}) => scriptedTransactionHandler({ ...transactionTaskType, ...over }),
  natural: (over: Partial<OrdinaryTaskType> = {}) =>
    scriptedHandler({ ...naturalTaskType, ...over, idempotency: "natural" }),
} as const satisfies Record<string, (over?: object) => ScriptedHandler>;

export type Kind = keyof typeof HANDLERS;
export const KINDS = ["claim", "transaction", "natural"] as const;

/** What the relay needs of an entry; more would be too much. */
const entry = z.strictObject({
  type: z.string(),
  queue: z.string(),
  payloadJson: z.string(),
  caller: z.string(),
  enqueuedAt: z.string(),
  notBefore: z.string().optional(),
  hop: z.int(),
  shard: z.int().min(0).max(15),
  relayAt: z.unknown(),
  tries: z.literal(0),
});

/** The entries of a task's hops, as a test reads them in place of the relay. */
export function hopsOf({ db, clock }: Pick<WorkerHarness, "db" | "clock">) {
  const entries = db.collection(TASK_OUTBOX);
  return {
    /** The ids of all entries. */
    ids: async (): Promise<string[]> => (await entries.get()).docs.map(({ id }) => id),
    /** Takes the only entry out of the outbox, as the relay does: the envelope of the task's next hop. */
    async next(task: Envelope): Promise<Envelope & { readonly hop: number }> {
      const { docs } = await entries.get();
      const [only] = docs;
      if (!only || docs.length > 1) throw new Error(`There are ${docs.length} entries instead of one.`);
      const { hop, notBefore, payloadJson, ...told } = entry.parse(only.data());
      const id = parseTaskId(task.id);
      if (id === undefined || only.id !== hopEntryId(id, hop)) throw new Error(`${only.id} is no hop of the task's.`);
      await only.ref.delete();
      const { type, caller, enqueuedAt } = told;
      const { notBefore: _, ...envelope } = task;
      return {
        ...envelope,
        type,
        caller,
        enqueuedAt,
        payload: JSON.parse(payloadJson),
        hop,
        hopAt: new Date(clock.now()).toISOString(),
        ...(notBefore === undefined ? {} : { notBefore }),
      };
    },
  };
}

/** Delivers a task as the hop that its envelope says. Resolves with the status and the outcome. */
export async function deliverHop(
  worker: Pick<WorkerHarness, "deliver">,
  envelope: Envelope,
  retryCount = 0,
): Promise<string> {
  const headers = { "x-cloudtasks-taskretrycount": String(retryCount) };
  const response = await worker.deliver(envelope, { headers });
  return `${response.status} ${response.headers.get("Handoff-Outcome")}`;
}

/** How long from now a task is due, in milliseconds. */
export function dueInMs(
  { notBefore = "" }: Pick<Envelope, "notBefore">,
  { clock }: Pick<WorkerHarness, "clock">,
): number {
  return Date.parse(notBefore) - clock.now();
}
