import { z } from "zod";
import { anyJson } from "./any-json.ts";
import { hashPayload } from "./payload-hash.ts";
import { isTaskId } from "./task-id.ts";

/**
 * The body of a task's HTTP request: everything the worker needs to know. Envelopes outlive deployments, so unknown
 * fields are ignored.
 */
export const envelopeSchema = z.object({
  id: z.string().refine(isTaskId, "must be a task id"),
  type: z.string().min(1).max(100),
  payload: anyJson,
  payloadHash: z.string().regex(/^[0-9a-f]{64}$/),
  enqueuedAt: z.iso.datetime(),
  traceparent: z.string().max(100).optional(),
  replayOf: z.string().max(200).optional(),
  /** Written by later revisions; see `honours`. */
  hop: z.int().nonnegative().optional(),
  notBefore: z.iso.datetime().optional(),
});

export type Envelope = z.infer<typeof envelopeSchema>;

/** The default for the largest serialised payload, in bytes: with its dead letter it must fit a Firestore document. */
export const DEFAULT_MAX_PAYLOAD_BYTES = 256 * 1024;
/** The highest limit that can be configured: a Firestore document holds at most 1 MiB. */
export const HIGHEST_MAX_PAYLOAD_BYTES = 900 * 1024;
/** The most that an envelope adds to its payload, in bytes. */
export const ENVELOPE_OVERHEAD_BYTES = 4 * 1024;

/** A payload as it is delivered, and its hash. It is text, since a tree of values takes many times as much memory. */
export interface PayloadText {
  readonly json: string;
  readonly hash: string;
}

/** An envelope that is ready to be sent, as text. */
export type SealedEnvelope = Omit<Envelope, "payload"> & { readonly text: string };

type Task = Pick<Envelope, "id" | "type" | "traceparent" | "replayOf"> & { readonly enqueuedAtMs: number };

/** Puts a payload in its envelope. `enqueuedAtMs` is in milliseconds since the epoch. */
export function sealEnvelope({ payload, ...task }: Task & Pick<Envelope, "payload">): Envelope {
  return { ...frameOf(task, hashPayload(payload)), payload };
}

/** Does the same with a payload that is text. */
export function sealText<Id extends string>({
  payload,
  ...task
}: Task & { readonly id: Id; readonly payload: PayloadText }): SealedEnvelope & { readonly id: Id } {
  const frame = frameOf(task, payload.hash);
  return { ...frame, id: task.id, text: `${JSON.stringify(frame).slice(0, -1)},"payload":${payload.json}}` };
}

function frameOf({ enqueuedAtMs, ...task }: Task, payloadHash: string): Omit<Envelope, "payload"> {
  return { ...task, payloadHash, enqueuedAt: new Date(enqueuedAtMs).toISOString() };
}

/** How early a delivery may be: Cloud Tasks' clock and ours differ. */
const EARLY_TOLERANCE_MS = 1_000;

/**
 * Whether this revision can do what an envelope asks for. Later revisions deliver a task in several hops, and not
 * before its time. A revision that doesn't know about either must not run such a task, or its record would be
 * misjudged.
 */
export function honours({ hop = 0, notBefore }: Envelope, nowMs: number): boolean {
  return hop === 0 && (notBefore === undefined || Date.parse(notBefore) <= nowMs + EARLY_TOLERANCE_MS);
}

/** The name of an envelope's task in Cloud Tasks: the id, and on a later hop the id with the hop's number. */
export function deliveryName({ id, hop = 0 }: Envelope): string {
  return hop === 0 ? id : `${id}-h${hop}`;
}
