import { Timestamp } from "@google-cloud/firestore";
import { z } from "zod";

/** The collection of task records; a document's id is the task's id. Nothing in it is indexed. */
export const TASK_RECORDS = "taskRecords";

const TERMINAL_STATES = ["succeeded", "dead", "cancelled"] as const;
export type TerminalState = (typeof TERMINAL_STATES)[number];

const timestamp = z.instanceof(Timestamp);

const taskError = z.object({ code: z.string(), message: z.string() });

/** Why an attempt failed: a short code for programs, a sentence for people. */
export type TaskError = z.infer<typeof taskError>;

/** A JSON value kept as its text: Firestore's own fields take no arrays in arrays, no empty or reserved names, no great depth. */
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
  .pipe(z.json());

const taskRecordSchema = z.object({
  queue: z.string(),
  type: z.string(),
  state: z.enum(["running", "waiting", ...TERMINAL_STATES]),
  /** Token of the attempt that wrote last. An attempt owns the task while the record is running and holds its token. */
  owner: z.string(),
  /** Grows by one with each claim, so that of two attempts the later one is known. */
  fence: z.int().nonnegative(),
  /** Attempts of the handler that were begun; a released one does not count. */
  attempts: z.int().nonnegative(),
  /** Deliveries in a row to revisions that did not know the type: no attempts. Absent where the last one was known. */
  unknownTypes: z.int().nonnegative().optional(),
  /** Firestore's time of the claim; null while nobody holds one. */
  claimedAt: timestamp.nullable(),
  leaseMs: z.int().nonnegative(),
  payloadHash: z.string(),
  firstSeenAt: timestamp,
  finishedAt: timestamp.nullable(),
  lastError: taskError.nullable(),
  /** What the handler returned; stored as JSON text. */
  result: jsonText.nullable(),
  expireAt: timestamp,
});

export type TaskRecord = z.infer<typeof taskRecordSchema>;
export type TaskState = TaskRecord["state"];

const DAY_MS = 24 * 60 * 60_000;

/**
 * How long a record is kept after it was last claimed or settled: a task lives 31 days at the most
 * (https://cloud.google.com/tasks/docs/quotas), a day on top is required, and another covers clocks that are wrong.
 */
const RECORD_RETENTION_MS = 33 * DAY_MS;

/** When a record that is written now may be deleted. `nowMs` is in milliseconds since the epoch. */
export function expiryFrom(nowMs: number): Timestamp {
  return Timestamp.fromMillis(nowMs + RECORD_RETENTION_MS);
}

/**
 * Reads a record from a document's data.
 *
 * @throws ZodError when the document was not written by this product.
 */
export function parseTaskRecord(data: unknown): TaskRecord {
  return taskRecordSchema.parse(data);
}

export function isTerminal(state: TaskState): state is TerminalState {
  return state !== "running" && state !== "waiting";
}
