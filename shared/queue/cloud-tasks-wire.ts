import type { protos } from "@google-cloud/tasks";
import { z } from "zod";
import { type Envelope, envelopeSchema } from "../contract/envelope.ts";
import type { QueuedTask } from "./task-queue.ts";

type WireTask = protos.google.cloud.tasks.v2.ITask;
type WireTime = protos.google.protobuf.ITimestamp;

/**
 * A header of each task that repeats the envelope's `enqueuedAt`: without its body, a task in its queue shows its headers
 * (https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks#view), and a status needs it.
 */
export const ENQUEUED_AT = "Handoff-Enqueued-At";

const time = z.iso.datetime();

/** Converts a task from the form that Cloud Tasks gives it. */
export function readQueuedTask(task: WireTask): QueuedTask {
  const envelope = readEnvelope(task.httpRequest?.body);
  const status = task.lastAttempt?.responseStatus;
  const enqueuedAt = envelope?.enqueuedAt ?? readEnqueuedAt(task.httpRequest?.headers ?? {});
  return {
    type: typeOfTarget(task.httpRequest?.url ?? ""),
    createdAtMs: toMilliseconds(task.createTime),
    ...(enqueuedAt === undefined ? {} : { enqueuedAt }),
    scheduledAtMs: toMilliseconds(task.scheduleTime),
    dispatchCount: task.dispatchCount ?? 0,
    responseCount: task.responseCount ?? 0,
    ...(status?.code && status.message ? { lastFailure: status.message } : {}),
    ...(envelope ? { envelope } : {}),
  };
}

/** Cloud Tasks may change the case of a header's name. */
function readEnqueuedAt(headers: Readonly<Record<string, string>>): string | undefined {
  const header = Object.entries(headers).find(([name]) => name.toLowerCase() === ENQUEUED_AT.toLowerCase());
  return time.safeParse(header?.[1]).data;
}

/** The envelope that a task carries; undefined if it isn't part of the view, or wasn't written by a producer. */
function readEnvelope(body: Uint8Array | string | null | undefined): Envelope | undefined {
  if (!body || body.length === 0) return undefined;
  try {
    return envelopeSchema.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  } catch {
    return undefined;
  }
}

/** The target is `{worker}/tasks/{type}`, so it gives the type without the body. */
function typeOfTarget(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}

function toMilliseconds(time: WireTime | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1_000 + Math.floor((time?.nanos ?? 0) / 1e6);
}
