import type { NewTask } from "../../../shared/records/transition.ts";

/** A task that a handler has enqueued. */
export interface FollowUp {
  /** The same for the same parent, type and key. */
  readonly id: string;
  readonly type: string;
  readonly payload: unknown;
  /** The id of the task whose handler enqueued it. */
  readonly parentId: string | undefined;
  /** When it is due, as RFC 3339. Missing if that is at once. */
  readonly scheduleTime?: string;
}

/** A follow-up task as tests see it. */
export function toFollowUp({ entry }: NewTask): FollowUp {
  const { taskId: id, type, payloadJson, parentId, notBefore } = entry;
  const payload: unknown = JSON.parse(payloadJson);
  return { id, type, payload, parentId, ...(notBefore === undefined ? {} : { scheduleTime: notBefore }) };
}
