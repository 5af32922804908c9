import type { Tracer } from "@opentelemetry/api";
import type { Admission } from "../../shared/http/admission.ts";
import type { Registry } from "../../shared/contract/registry.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Logger } from "../../shared/runtime/log.ts";
import type { CallerRate } from "./access/caller-rate.ts";
import type { Identify } from "./access/identify.ts";
import type { Relay } from "../../shared/outbox/relay.ts";
import type { TaskQueue } from "../../shared/queue/task-queue.ts";
import type { PendingCalls } from "../../shared/runtime/pending-calls.ts";
import type { LetterStore } from "../../shared/records/letters/letter-store.ts";
import type { GoogleConsole } from "./http/google-console.ts";
import type { ScheduleStore } from "./schedules/schedule-store.ts";
import type { Waits } from "./tasks/status/waits.ts";
import type { QueueControl } from "./queues/queue-control.ts";
import type { Throughput } from "./throughput/throughput.ts";
import type { TaskRecords } from "./tasks/task-records.ts";

/** The producer's dependencies. */
export interface Producer {
  /** The Google Cloud project that traces belong to. */
  readonly project: string;
  readonly tracer: Tracer;
  readonly registry: Registry;
  readonly queue: TaskQueue;
  /** The queues' states, and the operators' actions on them. */
  readonly queues: QueueControl;
  /** Counts what is enqueued and done. Default: nothing does. */
  readonly throughput?: Throughput | undefined;
  readonly records: TaskRecords;
  readonly letters: LetterStore;
  /** Puts committed outbox entries into their queues. */
  readonly relay: Relay;
  readonly schedules: {
    readonly store: ScheduleStore;
    /** The names of schedules that this stack doesn't run. */
    readonly off: ReadonlySet<string>;
  };
  readonly clock: Clock;
  readonly log: Logger;
  /** Addresses in Google Cloud's console. Default: none, since there is an emulator. */
  readonly console?: GoogleConsole;
  /** The requests that wait for a change. */
  readonly waits: Waits;
  /** Finds out who sent a request. */
  readonly identify: Identify;
  /** How often each caller may send requests. Default: no limit. */
  readonly callerRate?: CallerRate;
  /** The limits on what this instance accepts at once. */
  readonly admission: Admission;
  /** Work that continues even if its caller has gone. Stopping waits for it. */
  readonly inFlight: PendingCalls;
  /** The largest payload that is accepted, serialised as JSON. */
  readonly maxPayloadBytes: number;
  /** Since when each caller has its own keys, in milliseconds since the epoch. Default: always; see `idsOf`. */
  readonly callerKeysFromMs?: number;
}

/** How long one look-up may take before the caller is told to retry later. */
export const LOOK_UP_TIMEOUT_MS = 3_000;

/** How many times longer than its payload a body may be, for indentation, escapes and the fields around it. */
const BODY_TO_PAYLOAD = 2;

/** The most bytes of a batch. */
export const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/** The most bytes of a request's body that are read, unless it is a batch. */
export function longestBody({ maxPayloadBytes }: Pick<Producer, "maxPayloadBytes">): number {
  return maxPayloadBytes * BODY_TO_PAYLOAD;
}
