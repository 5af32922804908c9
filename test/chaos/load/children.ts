import type { Idempotency } from "../../../shared/contract/task-type.ts";
import { type ChaosPayload, KINDS } from "./task-types.ts";

/** A task that a parent's handler enqueues. */
export interface PlannedChild {
  readonly kind: Idempotency;
  readonly payload: ChaosPayload;
}

/** No run asks for so many tasks. */
const FIRST_CHILD = 1_000_000;

/** What a task with the script `parent` enqueues: a task of each kind. */
export function childrenOf(parent: ChaosPayload): PlannedChild[] {
  return KINDS.map((kind, index) => {
    const n = FIRST_CHILD + parent.n * KINDS.length + index;
    return { kind, payload: { ...parent, n, script: "ok" } };
  });
}
