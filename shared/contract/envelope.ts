import * as z from "zod";
import { anyJson } from "./any-json.ts";
import { hashPayload } from "./payload-hash.ts";
import { type TaskId, isTaskId, parseTaskId } from "./task-id.ts";

/**
 * The body of a task's HTTP request: everything the worker needs to know. Envelopes outlive deployments, so unknown
 * fields are ignored; see `withLaterFields`.
 */
export const envelopeSchema = z.object({
  id: z.string().refine(isTaskId, "must be a task id"),
  type: z.string().min(1).max(100),
  payload: anyJson,
  payloadHash: z.string().regex(/^[0-9a-f]{64}$/),
  enqueuedAt: z.iso.datetime(),
  /** Who handed the task over. Missing from envelopes of earlier revisions. */
  caller: z.string().min(1).max(320).optional(),
  traceparent: z.string().max(100).optional(),
  /** The dead letter that this task replays. */
  replayOf: z.string().max(200).optional(),
  /** The task that enqueued this one as a follow-up. */
  parentId: z.string().max(200).optional(),
  /** When the task is due. A delivery that arrives much earlier only starts the next hop. */
  notBefore: z.iso.datetime().optional(),
  /** How often the task was put into its queue again, for a delay that the queue or its backoff can't give. */
  hop: z.int().nonnegative().optional(),
  /** When this hop was put into its queue. Missing on a first hop that the producer created directly. */
  hopAt: z.iso.datetime().optional(),
});

/** Fields of an envelope that this revision doesn't know. */
export type LaterFields = Readonly<Record<string, unknown>>;

/** `later` isn't sent as a field: the task's next hop carries its fields again. */
export type Envelope = z.infer<typeof envelopeSchema> & { readonly later?: LaterFields };

/** Adds to an envelope the fields that were read and that this revision doesn't know, if there are any. */
export function withLaterFields(envelope: Envelope, read: unknown): Envelope {
  const later = laterFieldsOf(read);
  return Object.keys(later).length === 0 ? envelope : { ...envelope, later };
}

/** The fields of an object that this revision's envelopes don't have. */
export function laterFieldsOf(read: unknown): LaterFields {
  if (typeof read !== "object" || read === null || Array.isArray(read)) return {};
  return Object.fromEntries(Object.entries(read).filter(([name]) => !Object.hasOwn(envelopeSchema.shape, name)));
}

/** The default limit on a serialised payload, in bytes. With its dead letter it must fit in a Firestore document. */
export const DEFAULT_MAX_PAYLOAD_BYTES = 256 * 1024;
/** The highest limit that can be configured: a Firestore document holds at most 1 MiB. */
export const HIGHEST_MAX_PAYLOAD_BYTES = 900 * 1024;
/** The most that an envelope adds to its payload, in bytes. */
export const ENVELOPE_OVERHEAD_BYTES = 4 * 1024;

/**
 * The limits on a delivery's JSON. They are wider than a new task's, so that nothing an earlier revision accepted is
 * lost. Earlier revisions didn't limit the number of values. Each value but the last takes two bytes or more, so the
 * body's size limits it here.
 */
export const DELIVERY_LIMITS = { maxDepth: 100, maxValues: HIGHEST_MAX_PAYLOAD_BYTES / 2 };

/** A payload as it is delivered, and its hash. It is text because a tree of values takes many times the memory. */
export interface PayloadText {
  readonly json: string;
  readonly hash: string;
}

/** An envelope as text, ready to be sent. */
export type SealedEnvelope = Omit<Envelope, "payload"> & { readonly text: string };

type Task = Omit<Envelope, "payload" | "payloadHash" | "enqueuedAt"> & { readonly enqueuedAtMs: number };

/** Puts a payload in its envelope. `enqueuedAtMs` is in milliseconds since the epoch. */
export function sealEnvelope({ payload, ...task }: Task & Pick<Envelope, "payload">): Envelope {
  return { ...frameOf(task, hashPayload(payload)), payload };
}

/** Does the same with a payload that is already text. */
export function sealText<Id extends string>({
  payload,
  ...task
}: Task & { readonly id: Id; readonly payload: PayloadText }): SealedEnvelope & { readonly id: Id } {
  const frame = frameOf(task, payload.hash);
  const { later, ...known } = frame;
  const told = JSON.stringify({ ...later, ...known });
  return { ...frame, id: task.id, text: `${told.slice(0, -1)},"payload":${payload.json}}` };
}

function frameOf({ enqueuedAtMs, ...task }: Task, payloadHash: string): Omit<Envelope, "payload"> {
  return { ...task, payloadHash, enqueuedAt: new Date(enqueuedAtMs).toISOString() };
}

/** How early a delivery may be, since Cloud Tasks' clock and ours differ. */
const EARLY_TOLERANCE_MS = 1_000;

/** Whether a delivery arrives before its task is due. `nowMs` is in milliseconds since the epoch. */
export function isEarly({ notBefore }: Pick<Envelope, "notBefore">, nowMs: number): boolean {
  return notBefore !== undefined && Date.parse(notBefore) > nowMs + EARLY_TOLERANCE_MS;
}

/** When a hop was put into its queue, in milliseconds since the epoch. Cloud Tasks' retention starts then. */
export function hopAtMs({ hopAt, enqueuedAt }: Pick<Envelope, "hopAt" | "enqueuedAt">): number {
  return Date.parse(hopAt ?? enqueuedAt);
}

/** A task's name in Cloud Tasks: the id and, on later hops, the hop's number. */
export function deliveryName({ id, hop = 0 }: Pick<Envelope, "id" | "hop">): string {
  return hop === 0 ? id : `${id}-h${hop}`;
}

/** The suffix of later hops' names. No queue key ends like this. */
const HOP_SUFFIX = /-h\d+$/;

/** The id of the task with this name in Cloud Tasks, on any hop; undefined if a producer can't have given the name. */
export function taskOfDelivery(name: string): TaskId | undefined {
  return parseTaskId(name.replace(HOP_SUFFIX, ""));
}
