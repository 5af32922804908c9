import { z } from "zod";

/** What a task that `onDead` makes is told about the task that died. It can be the task type's payload as it is. */
export const deadNotice = z.strictObject({
  deadLetterId: z.string(),
  taskId: z.string(),
  /** The type of the task that died. */
  type: z.string(),
  /** The code of the error that it died of: `attempts_used_up`, or its handler's own, for example. */
  code: z.string(),
  /** How many attempts were counted. 0 if nothing is known of any, as of a task that got too old. */
  attempts: z.int().nonnegative(),
});

export type DeadNotice = z.infer<typeof deadNotice>;
