import { z } from "zod";
import type { QueueKey } from "../contract/queues.ts";
import { type Idempotency, defineTask } from "../contract/task-type.ts";

const payload = z.strictObject({ sentAt: z.iso.datetime() });

const canary = <const Kind extends Idempotency>(idempotency: Kind, queue: QueueKey) =>
  defineTask({ type: `canary.${idempotency}`, payload, queue, idempotency, timeoutMs: 10_000, attempts: 3 });

/**
 * A task of each kind, and in each queue, that does next to nothing: after a deploy it shows that callers reach the
 * producer, that the queue delivers, that the worker believes its tokens, and that records are written.
 */
export const claimCanary = canary("claim", "default");
export const transactionCanary = canary("transaction", "critical");
export const naturalCanary = canary("natural", "bulk");

export const CANARIES = [claimCanary, transactionCanary, naturalCanary] as const;
