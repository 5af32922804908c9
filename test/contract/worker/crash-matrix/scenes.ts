import type { HandlerEnd, MATRIX_TASKS } from "./matrix-handlers.ts";

/** When the delivery that meets the fault comes: a column of the matrix. */
export const MOMENTS = ["alone", "at once", "late", "takeover", "zombie, other at work", "zombie, other done"] as const;
export type Moment = (typeof MOMENTS)[number];

/** Why a delivery doesn't get to a call at some moment. */
export type Unreached = "finished" | "by reading" | "never runs" | "same";

/** One await of the worker's flow, and what brings a delivery to it: a table of the matrix. */
export interface Scene {
  readonly title: string;
  readonly task: keyof typeof MATRIX_TASKS;
  /** The call of Firestore that goes wrong, or the handler. */
  readonly at: "Commit" | "BatchGetDocuments" | "handler";
  /** How many calls of the same kind the delivery makes before. */
  readonly skip: number;
  /** What happened to the task before: nothing; an attempt that failed; its only attempt was killed; it was another's. */
  readonly before: "nothing" | "a failure" | "its last attempt" | "another payload";
  /** How the delivery's handler ends; those of the others succeed, unless it dies: then they die, too. */
  readonly end: HandlerEnd;
  /** Whether the handler has had its effect when the call comes. */
  readonly afterEffect: boolean;
  readonly unreached: Partial<Record<Moment, Unreached>>;
}

const FINISHED = { late: "finished" } as const;
const NEVER_RUNS = { takeover: "never runs", "zombie, other at work": "never runs" } as const;

const CLAIMING = { task: "claim", end: "succeeds", before: "nothing", skip: 0, afterEffect: false, unreached: {} } as const;
const READING = { ...CLAIMING, before: "a failure" } as const;
const SETTLING = {
  ...CLAIMING,
  skip: 1,
  afterEffect: true,
  unreached: { ...FINISHED, takeover: "by reading" },
} as const;
const TRANSACTION = { ...CLAIMING, task: "transaction" } as const;
const NATURAL = { ...CLAIMING, task: "natural" } as const;

/** Every await of the worker's flow that talks to Firestore, and the handlers. */
export const SCENES: readonly Scene[] = [
  { title: "claim: the commit that creates the record", at: "Commit", ...CLAIMING },
  { title: "claim: the read of a record that exists", at: "BatchGetDocuments", ...READING },
  { title: "claim: the commit after that read", at: "Commit", ...READING, skip: 1 },
  { title: "claim: the handler", at: "handler", ...CLAIMING, unreached: FINISHED },
  { title: "claim: the commit that records success", at: "Commit", ...SETTLING },
  { title: "claim: the commit that records a failure", at: "Commit", ...SETTLING, end: "retries", afterEffect: false },
  { title: "claim: the commit that records a death and its letter", at: "Commit", ...SETTLING, end: "dies", afterEffect: false },
  {
    title: "claim: the read before success is recorded",
    at: "BatchGetDocuments",
    ...READING,
    skip: 1,
    afterEffect: true,
    unreached: FINISHED,
  },
  {
    title: "claim: the commit that records success after that read",
    at: "Commit",
    ...READING,
    skip: 2,
    afterEffect: true,
    unreached: FINISHED,
  },
  {
    title: "claim: the commit that keeps another payload's letter",
    at: "Commit",
    ...CLAIMING,
    before: "another payload",
    skip: 1,
    unreached: NEVER_RUNS,
  },
  {
    title: "claim: the commit that buries a task whose last attempt was killed",
    at: "Commit",
    ...CLAIMING,
    task: "once",
    end: "dies",
    before: "its last attempt",
    skip: 1,
    unreached: { ...NEVER_RUNS, takeover: "same" },
  },
  { title: "transaction: the read of the record", at: "BatchGetDocuments", ...TRANSACTION },
  { title: "transaction: the handler", at: "handler", ...TRANSACTION, unreached: FINISHED },
  { title: "transaction: the handler's own read", at: "BatchGetDocuments", ...TRANSACTION, skip: 1, unreached: FINISHED },
  { title: "transaction: the commit", at: "Commit", ...TRANSACTION },
  {
    title: "transaction: the read before a failure is recorded",
    at: "BatchGetDocuments",
    ...TRANSACTION,
    end: "retries",
    skip: 2,
    unreached: FINISHED,
  },
  {
    title: "transaction: the commit that records a failure",
    at: "Commit",
    ...TRANSACTION,
    end: "retries",
    unreached: FINISHED,
  },
  {
    title: "transaction: the commit that records a death and its letter",
    at: "Commit",
    ...TRANSACTION,
    end: "dies",
    unreached: FINISHED,
  },
  { title: "natural: the handler", at: "handler", ...NATURAL },
  { title: "natural: the read before a failure is recorded", at: "BatchGetDocuments", ...NATURAL, end: "retries" },
  { title: "natural: the commit that records a failure", at: "Commit", ...NATURAL, end: "retries" },
  { title: "natural: the commit that records a death and its letter", at: "Commit", ...NATURAL, end: "dies" },
  { title: "natural: the read before the record is closed", at: "BatchGetDocuments", ...NATURAL, before: "a failure" },
  { title: "natural: the commit that closes the record", at: "Commit", ...NATURAL, before: "a failure" },
];
