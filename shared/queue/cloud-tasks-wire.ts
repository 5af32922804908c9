import type { protos } from "@google-cloud/tasks";
import { type Envelope, envelopeSchema, withLaterFields } from "../contract/envelope.ts";
import type { QueuedTask } from "./task-queue.ts";

type WireTask = protos.google.cloud.tasks.v2.ITask;
type WireTime = protos.google.protobuf.ITimestamp;

// Headers that repeat parts of the envelope. Statuses need them, and reading a queued task can leave out its body
// (https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks#view).
const ENQUEUED_AT = "Handoff-Enqueued-At";
const CALLER = "Handoff-Caller";
const NOT_BEFORE = "Handoff-Not-Before";
const HOP = "Handoff-Hop";
const PARENT = "Handoff-Parent";
const REPLAY_OF = "Handoff-Replay-Of";

const { enqueuedAt: time, caller: owner, parentId: name } = envelopeSchema.shape;

/** The form of a header's value. Document names can contain other letters. */
const PRINTABLE = /^[\x21-\x7e]+$/;

/** The headers of a task that repeat parts of its envelope. */
export function headersOf(told: Told): Readonly<Record<string, string>> {
  const { enqueuedAt, caller, notBefore, hop, parentId, replayOf } = told;
  return {
    [ENQUEUED_AT]: enqueuedAt,
    ...(caller === undefined ? {} : { [CALLER]: caller }),
    ...(notBefore === undefined ? {} : { [NOT_BEFORE]: notBefore }),
    ...(hop === undefined ? {} : { [HOP]: String(hop) }),
    ...(parentId !== undefined && PRINTABLE.test(parentId) ? { [PARENT]: parentId } : {}),
    ...(replayOf !== undefined && PRINTABLE.test(replayOf) ? { [REPLAY_OF]: replayOf } : {}),
  };
}

type Told = Pick<Envelope, "enqueuedAt" | "caller" | "notBefore" | "hop" | "parentId" | "replayOf">;

/** Converts a task from Cloud Tasks' form. */
export function readQueuedTask(task: WireTask): QueuedTask {
  const envelope = readEnvelope(task.httpRequest?.body);
  const status = task.lastAttempt?.responseStatus;
  const headers = task.httpRequest?.headers ?? {};
  const enqueuedAt = envelope?.enqueuedAt ?? time.safeParse(readHeader(headers, ENQUEUED_AT)).data;
  const caller = envelope?.caller ?? owner.safeParse(readHeader(headers, CALLER)).data;
  const notBefore = envelope?.notBefore ?? time.safeParse(readHeader(headers, NOT_BEFORE)).data;
  const parentId = envelope?.parentId ?? name.safeParse(readHeader(headers, PARENT)).data;
  const replayOf = envelope?.replayOf ?? name.safeParse(readHeader(headers, REPLAY_OF)).data;
  return {
    type: typeOfTarget(task.httpRequest?.url ?? ""),
    createdAtMs: toMilliseconds(task.createTime),
    ...(enqueuedAt === undefined ? {} : { enqueuedAt }),
    ...(caller === undefined ? {} : { caller }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(parentId === undefined ? {} : { parentId }),
    ...(replayOf === undefined ? {} : { replayOf }),
    scheduledAtMs: toMilliseconds(task.scheduleTime),
    dispatchCount: task.dispatchCount ?? 0,
    responseCount: task.responseCount ?? 0,
    ...(status?.code && status.message ? { lastFailure: status.message } : {}),
    ...(envelope ? { envelope } : {}),
  };
}

/** Cloud Tasks may change the case of a header's name. */
function readHeader(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(headers).find(([given]) => given.toLowerCase() === name.toLowerCase())?.[1];
}

/** A task's envelope; undefined if the view doesn't include it, or no producer wrote it. */
function readEnvelope(body: Uint8Array | string | null | undefined): Envelope | undefined {
  if (!body || body.length === 0) return undefined;
  try {
    const read: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    return withLaterFields(envelopeSchema.parse(read), read);
  } catch {
    return undefined;
  }
}

/** The target is `{worker}/tasks/{type}`, so it shows the type without the body. */
function typeOfTarget(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}

/** Converts a proto Timestamp to milliseconds since the epoch. */
export function toMilliseconds(time: WireTime | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1_000 + Math.floor((time?.nanos ?? 0) / 1e6);
}
