import * as z from "zod";

/**
 * The payload of a task that `onDead` creates: what is known of the dead task. A task type can use it as its schema.
 */
export const deadNotice = z.strictObject({
  deadLetterId: z.string(),
  taskId: z.string(),
  /** The type of the task that died. */
  type: z.string(),
  /** The code of the error that it died of, such as `attempts_used_up` or a code of its handler's own. */
  code: z.string(),
  /** How many attempts were counted. 0 if none is known, for example if the task got too old. */
  attempts: z.int().nonnegative(),
});

export type DeadNotice = z.infer<typeof deadNotice>;
