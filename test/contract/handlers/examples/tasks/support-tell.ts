import { deadNotice } from "../../../../../shared/contract/new-task/dead-notice.ts";
import { defineTask } from "../../../../../shared/contract/task-type.ts";

/** Tells support about a task that died. */
export const tellSupport = defineTask({
  type: "support.tell",
  payload: deadNotice,
  queue: "default",
  idempotency: "natural",
  timeoutMs: 10_000,
  attempts: 10,
});
