import * as z from "zod";
import { defineTask } from "../contract/task-type.ts";

const common = { payload: z.strictObject({ sentAt: z.iso.datetime().optional() }), timeoutMs: 10_000, attempts: 3 };

/**
 * One task for each kind, each in another queue, that does next to nothing. After a deployment they show that
 * callers reach the producer, the queue delivers, the worker accepts its tokens, and records are written.
 */
export const claimCanary = defineTask({ ...common, type: "canary.claim", queue: "default", idempotency: "claim" });
export const transactionCanary = defineTask({
  ...common,
  type: "canary.transaction",
  queue: "critical",
  idempotency: "transaction",
});
export const naturalCanary = defineTask({ ...common, type: "canary.natural", queue: "bulk", idempotency: "natural" });

export const CANARIES = [claimCanary, transactionCanary, naturalCanary] as const;
