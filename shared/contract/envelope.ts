import { z } from "zod";
import { hashPayload } from "./payload-hash.ts";
import { isTaskId } from "./task-id.ts";

/**
 * The body of a task's HTTP request: all that the worker needs to know. Envelopes outlive deployments, so fields that
 * this revision doesn't know are ignored.
 */
export const envelopeSchema = z.object({
  id: z.string().refine(isTaskId, "must be a task id"),
  type: z.string().min(1).max(100),
  payload: z.json(),
  payloadHash: z.string().regex(/^[0-9a-f]{64}$/),
  enqueuedAt: z.iso.datetime(),
  traceparent: z.string().max(100).optional(),
  replayOf: z.string().max(200).optional(),
  /** Written by later revisions; see `honours`. */
  hop: z.int().nonnegative().optional(),
  notBefore: z.iso.datetime().optional(),
});

export type Envelope = z.infer<typeof envelopeSchema>;

/** Largest serialised payload in bytes unless configured otherwise: with its dead letter it must fit a Firestore document. */
export const DEFAULT_MAX_PAYLOAD_BYTES = 256 * 1024;
/** The most that can be configured: Firestore documents end at 1 MiB. */
export const HIGHEST_MAX_PAYLOAD_BYTES = 900 * 1024;
/** The most that an envelope adds to its payload, in bytes. */
export const ENVELOPE_OVERHEAD_BYTES = 4 * 1024;

/** Puts a payload in its envelope. `enqueuedAtMs` is in milliseconds since the epoch. */
export function sealEnvelope(
  task: Pick<Envelope, "id" | "type" | "payload" | "traceparent" | "replayOf"> & { enqueuedAtMs: number },
): Envelope {
  const { enqueuedAtMs, ...rest } = task;
  return { ...rest, payloadHash: hashPayload(task.payload), enqueuedAt: new Date(enqueuedAtMs).toISOString() };
}

/** Deliveries can be this much early: Cloud Tasks' clock and ours are two. */
const EARLY_TOLERANCE_MS = 1_000;

/**
 * Whether this revision can do what an envelope asks for. Later revisions deliver a task in several hops, and not
 * before its time; a revision that knows neither must not run such a task, or its record would be judged wrongly.
 */
export function honours({ hop = 0, notBefore }: Envelope, nowMs: number): boolean {
  return hop === 0 && (notBefore === undefined || Date.parse(notBefore) <= nowMs + EARLY_TOLERANCE_MS);
}

/** The name in Cloud Tasks of the delivery that an envelope belongs to: the id, for a later hop with its number. */
export function deliveryName({ id, hop = 0 }: Envelope): string {
  return hop === 0 ? id : `${id}-h${hop}`;
}
