import type { Tracer } from "@opentelemetry/api";
import type { Admission } from "../../shared/http/admission.ts";
import type { Registry } from "../../shared/contract/registry.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Logger } from "../../shared/runtime/log.ts";
import type { TaskQueue } from "../../shared/queue/task-queue.ts";
import type { TaskRecords } from "./tasks/task-records.ts";

/** What the producer depends on. */
export interface Producer {
  /** The Google Cloud project that traces belong to. */
  readonly project: string;
  readonly tracer: Tracer;
  readonly registry: Registry;
  readonly queue: TaskQueue;
  readonly records: TaskRecords;
  readonly clock: Clock;
  readonly log: Logger;
  /** What this instance takes on at once. */
  readonly admission: Admission;
  /** The largest payload that is accepted, serialised as JSON. */
  readonly maxPayloadBytes: number;
}

/** How long one look-up may take before the caller is told to come back. */
export const LOOK_UP_TIMEOUT_MS = 3_000;

/** How many times as long as its payload a body may be, for indentation, escapes and the fields around it. */
const BODY_TO_PAYLOAD = 2;

/** How many bytes of a request's body are read at most. */
export function longestBody({ maxPayloadBytes }: Pick<Producer, "maxPayloadBytes">): number {
  return maxPayloadBytes * BODY_TO_PAYLOAD;
}
