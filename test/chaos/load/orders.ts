import * as z from "zod";
import { payloadSchema } from "./task-types.ts";

/** What an application is asked to commit, with a task. */
const orderSchema = z.strictObject({
  type: z.string(),
  payload: payloadSchema,
  key: z.string(),
  delaySeconds: z.number(),
  /** How its transaction fails on purpose: by an error in its callback, or because Firestore refuses the commit. */
  rollBack: z.enum(["throw", "refused"]).nullable(),
});

export const ordersSchema = z.array(orderSchema);
export type Order = z.output<typeof orderSchema>;
