import type { protos } from "@google-cloud/tasks";
import { type Envelope, envelopeSchema } from "../contract/envelope.ts";
import type { QueuedTask } from "./task-queue.ts";

type WireTask = protos.google.cloud.tasks.v2.ITask;
type WireTime = protos.google.protobuf.ITimestamp;

/** Converts a task from the form that Cloud Tasks gives it. */
export function readQueuedTask(task: WireTask): QueuedTask {
  const envelope = readEnvelope(task.httpRequest?.body);
  const status = task.lastAttempt?.responseStatus;
  return {
    type: typeOfTarget(task.httpRequest?.url ?? ""),
    createdAtMs: toMilliseconds(task.createTime),
    scheduledAtMs: toMilliseconds(task.scheduleTime),
    dispatchCount: task.dispatchCount ?? 0,
    responseCount: task.responseCount ?? 0,
    ...(status?.code && status.message ? { lastFailure: status.message } : {}),
    ...(envelope ? { envelope } : {}),
  };
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
