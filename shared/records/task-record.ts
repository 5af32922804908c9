import { Timestamp } from "@google-cloud/firestore";
import { z } from "zod";
import { anyJson } from "../contract/any-json.ts";

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
 * Records outlive deployments. Readers ignore unknown fields, and fields that no decision needs may be missing: they
 * have defaults here.
 */
const taskRecordSchema = z.object({
  queue: z.string().optional(),
  type: z.string().optional(),
  state: z.enum(["running", "waiting", ...TERMINAL_STATES]),
  /**
   * The token of the attempt that wrote last. An attempt owns the task while the record is running and holds its token.
   */
  owner: z.string(),
  /** The fencing token. Each claim increases it by one, which shows the later of two attempts. */
  fence: z.int().nonnegative(),
  /** Attempts that have begun. A released attempt doesn't count. */
  attempts: z.int().nonnegative(),
  /**
   * Consecutive deliveries to revisions that didn't know the type, which aren't attempts. Absent if the last one did.
   */
  unknownTypes: z.int().nonnegative().optional(),
  /** When the claim was made, by Firestore's clock; null while nobody holds one. */
  claimedAt: timestamp.nullable(),
  leaseMs: z.int().nonnegative(),
  payloadHash: z.string(),
  firstSeenAt: timestamp.optional(),
  /** When the producer accepted the task, as RFC 3339. Missing from records of earlier revisions. */
  enqueuedAt: z.string().optional(),
  finishedAt: timestamp.nullable().default(null),
  lastError: taskError.nullable().default(null),
  /** What the handler returned; stored as JSON text. */
  result: jsonText.nullable().default(null),
  expireAt: timestamp,
});

export type TaskRecord = z.infer<typeof taskRecordSchema>;
export type TaskState = TaskRecord["state"];

/** The fields that this revision knows, and so may remove from a record. */
export const RECORD_FIELDS: ReadonlySet<string> = new Set(Object.keys(taskRecordSchema.shape));

const DAY_MS = 24 * 60 * 60_000;

/**
 * How long a record is kept after it was last claimed or settled. A task lives at most 31 days
 * (https://cloud.google.com/tasks/docs/quotas), one more day is required, and another allows for wrong clocks.
 */
const RECORD_RETENTION_MS = 33 * DAY_MS;

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

export function isTerminal(state: TaskState): state is TerminalState {
  return state !== "running" && state !== "waiting";
}
