import { Timestamp } from "@google-cloud/firestore";
import * as z from "zod";
import { anyJson } from "../contract/any-json.ts";
import { attemptLogSchema } from "./attempt-log.ts";

/** The collection of task records. A document's id is the task's id, and no field is indexed. */
export const TASK_RECORDS = "taskRecords";

const TERMINAL_STATES = ["succeeded", "dead", "cancelled"] as const;
export type TerminalState = (typeof TERMINAL_STATES)[number];

const timestamp = z.instanceof(Timestamp);

const taskError = z.object({ code: z.string(), message: z.string() });

/** Why an attempt failed: a short code for programs and a sentence for people. */
export type TaskError = z.infer<typeof taskError>;

/**
 * A JSON value stored as text: Firestore's own fields don't allow nested arrays, empty or reserved names, or deep
 * nesting.
 */
const jsonText = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue("must be JSON text");
      return z.NEVER;
    }
  })
  .pipe(anyJson);

/**
 * Records outlive deployments. Readers ignore unknown fields. Fields that no decision needs may be missing and have
 * defaults here.
 */
const taskRecordSchema = z.object({
  queue: z.string().optional(),
  type: z.string().optional(),
  state: z.enum(["running", "waiting", ...TERMINAL_STATES]),
  /**
   * The token of the attempt that wrote last. An attempt owns the task while the record is running and holds its token.
   */
  owner: z.string(),
  /** The fencing token. Each claim increases it by one, which shows which of two attempts is later. */
  fence: z.int().nonnegative(),
  /** Attempts that have begun. A released attempt doesn't count. */
  attempts: z.int().nonnegative(),
  /**
   * Consecutive deliveries to revisions that didn't know the type, which aren't attempts. Absent if the last one did.
   */
  unknownTypes: z.int().nonnegative().optional(),
  /** When the claim was made, by Firestore's clock; null while nobody holds one. */
  claimedAt: timestamp.nullable(),
  /**
   * The instance that holds the claim of this fence; null while nobody holds one. Earlier revisions neither write nor
   * remove it, so it is stale if its fence isn't the record's.
   */
  claimedBy: z.object({ instance: z.string(), fence: z.int() }).nullish(),
  leaseMs: z.int().nonnegative(),
  payloadHash: z.string(),
  firstSeenAt: timestamp.optional(),
  /** When the producer accepted the task, as RFC 3339. Missing from records of earlier revisions. */
  enqueuedAt: z.string().optional(),
  /** Who handed the task over. Missing from records of earlier revisions. */
  caller: z.string().optional(),
  finishedAt: timestamp.nullable().default(null),
  lastError: taskError.nullable().default(null),
  /** The last attempts that ended. Missing from records of earlier revisions. */
  attemptLog: attemptLogSchema.optional(),
  /** How many times the task was put into its queue again; see the envelope. Absent on the first hop. */
  hop: z.int().nonnegative().optional(),
  /** When this hop was put into its queue, as RFC 3339. */
  hopAt: z.string().optional(),
  /** When the task is due, as RFC 3339. Absent if it is due at once, or when its queue decides. */
  notBefore: z.string().optional(),
  /** How many times in a row the handler snoozed the task. */
  snoozes: z.int().nonnegative().optional(),
  parentId: z.string().optional(),
  /** The dead letter that this task replays. */
  replayOf: z.string().optional(),
  /** The tasks that were committed together with the task's end. */
  children: z.array(z.string()).optional(),
  /** What the handler returned, stored as JSON text. */
  result: jsonText.nullable().default(null),
  /** When a cancel was requested during an attempt, by Firestore's clock. Unless it succeeds, the task ends with it. */
  cancelRequestedAt: timestamp.optional(),
  /** Who cancelled the task, or requested it. */
  cancelledBy: z.string().optional(),
  expireAt: timestamp,
});

export type TaskRecord = z.infer<typeof taskRecordSchema>;
export type TaskState = TaskRecord["state"];

/** The fields that this revision knows, and so may remove from a record. */
export const RECORD_FIELDS: ReadonlySet<string> = new Set(Object.keys(taskRecordSchema.shape));

const DAY_MS = 24 * 60 * 60_000;

/**
 * How long a record is kept after it was last claimed or settled. A task lives at most 31 days
 * (https://cloud.google.com/tasks/docs/quotas). We require one more day, and allow another for wrong clocks.
 */
export const RECORD_RETENTION_MS = 33 * DAY_MS;

/** When a record that is written now may be deleted. `nowMs` is in milliseconds since the epoch. */
export function expiryFrom(nowMs: number): Timestamp {
  return Timestamp.fromMillis(nowMs + RECORD_RETENTION_MS);
}

/**
 * Parses a record from a document's data.
 *
 * @throws ZodError when the document isn't a task record.
 */
export function parseTaskRecord(data: unknown): TaskRecord {
  return taskRecordSchema.parse(data);
}

/** How much of a claim's lease is left, in milliseconds; 0 or less if none. Both times are Firestore's. */
export function leaseLeftMs({ state, claimedAt, leaseMs }: TaskRecord, readTimeMs: number): number {
  if (state !== "running" || !claimedAt) return 0;
  return claimedAt.toMillis() + leaseMs - readTimeMs;
}

/**
 * Whether a record counts as gone, since TTL deletion can lag by a day. An instance's clock set the expiry and may have
 * been wrong, so an expiry can't end a lease.
 */
export function isExpired(record: TaskRecord, readTimeMs: number): boolean {
  return record.expireAt.toMillis() <= readTimeMs && leaseLeftMs(record, readTimeMs) <= 0;
}

/** How many times in a row a task has been snoozed. A lost attempt counts as one that ran, and ends the row. */
export function snoozesInARow({ state, snoozes = 0 }: Pick<TaskRecord, "state" | "snoozes">): number {
  return state === "running" ? 0 : snoozes;
}

/** Whether a task in this state has ended. */
export function isTerminal(state: TaskState): state is TerminalState {
  return state !== "running" && state !== "waiting";
}
