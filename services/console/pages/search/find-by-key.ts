import type { Client } from "../../../../packages/client/src/client.ts";
import { HandoffError } from "../../../../packages/client/src/errors.ts";
import { outboxTaskIdOf, taskIdOf } from "../../../../packages/client/src/tasks/task-id-of.ts";
import type { TaskTypeInfo } from "../../../../packages/client/src/views/service.ts";

/** An idempotency key, and whose it may be. */
export interface WantedKey {
  readonly idempotencyKey: string;
  readonly caller: string;
}

/** A task that may have the key. */
export interface Tried {
  readonly id: string;
  /** How it would have been enqueued. */
  readonly how: string;
}

export type FoundByKey =
  | { readonly kind: "found"; readonly id: string }
  | { readonly kind: "not-found"; readonly tried: readonly Tried[] };

/**
 * Looks for the task with a key: one of the caller's requests, or else one from the outbox.
 *
 * @throws HandoffError, UnreachableError if a task can't be looked up.
 */
export async function findByKey(key: WantedKey, type: TaskTypeInfo, api: Pick<Client, "get">): Promise<FoundByKey> {
  const tried = await candidates(key, type);
  for (const { id } of tried) {
    if (await isKnown(id, api)) return { kind: "found", id };
  }
  return { kind: "not-found", tried };
}

async function candidates({ idempotencyKey, caller }: WantedKey, type: TaskTypeInfo): Promise<Tried[]> {
  const key = { type: type.type, idempotencyKey };
  const fromOutbox = { id: await outboxTaskIdOf(key, type), how: "written into the outbox by an application" };
  if (caller === "") return [fromOutbox];
  const requested = { id: await taskIdOf({ ...key, caller }, type), how: `requested by ${caller}` };
  return [requested, fromOutbox];
}

async function isKnown(id: string, api: Pick<Client, "get">): Promise<boolean> {
  try {
    await api.get(id);
    return true;
  } catch (error) {
    if (error instanceof HandoffError && error.status === 404) return false;
    throw error;
  }
}
