/**
 * The collection of tasks and later hops that were committed and aren't in their queues yet. No entry expires: a
 * committed task is never lost.
 */
export const TASK_OUTBOX = "taskOutbox";
