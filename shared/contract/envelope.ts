import { z } from "zod";
import { hashPayload } from "./payload-hash.ts";
import { isTaskId } from "./task-id.ts";

/** The body of a task's HTTP request: all that the worker needs to know. */
export const envelopeSchema = z.strictObject({
  id: z.string().refine(isTaskId, "must be a task id"),
  type: z.string().min(1).max(100),
  payload: z.json(),
  payloadHash: z.string().regex(/^[0-9a-f]{64}$/),
  enqueuedAt: z.iso.datetime(),
  traceparent: z.string().max(100).optional(),
  replayOf: z.string().max(200).optional(),
});

export type Envelope = z.infer<typeof envelopeSchema>;

/** Largest serialised payload in bytes unless configured otherwise: with its dead letter it must fit a Firestore document. */
export const DEFAULT_MAX_PAYLOAD_BYTES = 256 * 1024;
/** The most that can be configured: Firestore documents end at 1 MiB. */
export const HIGHEST_MAX_PAYLOAD_BYTES = 900 * 1024;
/** What an envelope adds to its payload at the most, in bytes. */
export const ENVELOPE_OVERHEAD_BYTES = 4 * 1024;

/** Puts a payload in its envelope. `enqueuedAtMs` is in milliseconds since the epoch. */
export function sealEnvelope(
  task: Pick<Envelope, "id" | "type" | "payload" | "traceparent" | "replayOf"> & { enqueuedAtMs: number },
): Envelope {
  const { enqueuedAtMs, ...rest } = task;
  return { ...rest, payloadHash: hashPayload(task.payload), enqueuedAt: new Date(enqueuedAtMs).toISOString() };
}
