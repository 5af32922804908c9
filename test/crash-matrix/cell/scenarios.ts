import type { HandlerEnd, MATRIX_TASKS } from "../process/matrix-handlers.ts";

/** When the delivery that meets the fault comes: a column of the matrix. */
export const MOMENTS = ["alone", "at once", "late", "takeover", "zombie, other at work", "zombie, other done"] as const;
export type Moment = (typeof MOMENTS)[number];

/** Why a delivery doesn't reach a call at some moment. */
export type Unreached = "finished" | "nothing to write" | "never runs" | "as alone";

/** One await of the worker's flow, and how a delivery gets to it: a table of the matrix. */
export interface Scenario {
  readonly title: string;
  readonly task: keyof typeof MATRIX_TASKS;
  /** The Firestore call that fails, or the handler. */
  readonly at: "Commit" | "BatchGetDocuments" | "handler";
  /** How many calls of the same kind the delivery makes first. */
  readonly skip: number;
  readonly skipAt?: Partial<Record<Moment, number>>;
  /** A commit that is refused first, `skip` commits after the delivery's first one. */
  readonly refused?: { readonly skip: number };
  /**
   * The task's history: none; a failed attempt; its only attempt was killed; an attempt that was to end for a cancel was
   * killed; another payload under its id; too old.
   */
  readonly before: "nothing" | "a failure" | "its last attempt" | "a cancel" | "another payload" | "30 days";
  /**
   * Whether deliveries of a `claim` task say how often Cloud Tasks has tried before. If not, each takes itself for the first:
   * Cloud Tasks may deliver one twice.
   */
  readonly isCounted?: boolean;
  /** Set if the subject is a producer that cancels the task, or if the task is cancelled while the subject's handler runs. */
  readonly cancel?: "by the subject" | "while it runs";
  /** How the delivery's handler ends; the others' succeed, unless this one dies: then theirs die too. */
  readonly end: HandlerEnd;
  /** How the handler of a delivery that comes meanwhile ends, if not like those that follow. */
  readonly meanwhile?: HandlerEnd;
  /** Whether the handler has had its effect when the call is made. */
  readonly afterEffect: boolean;
  readonly unreached: Partial<Record<Moment, Unreached>>;
}

const FINISHED = { late: "finished" } as const;
const NOTHING_TO_WRITE = { late: "nothing to write" } as const;
const NEVER_RUNS = { takeover: "never runs", "zombie, other at work": "never runs" } as const;

const CLAIM = {
  task: "claim",
  before: "nothing",
  end: "succeeds",
  skip: 0,
  afterEffect: false,
  unreached: {},
} as const;
/** A task that has a record is claimed by a create that fails, a read and a commit. */
const CLAIM_AGAIN = { ...CLAIM, before: "a failure" } as const;
/** One that is known to come again is claimed by a read and a commit. */
const CLAIM_COUNTED = { ...CLAIM_AGAIN, isCounted: true } as const;
const SETTLE = { ...CLAIM, at: "Commit", skip: 1, skipAt: { takeover: 2 }, unreached: FINISHED } as const;
/** After the claim's three calls, the commit that needs no read is refused. */
const SETTLE_AGAIN = { ...CLAIM_AGAIN, refused: { skip: 2 }, afterEffect: true, unreached: FINISHED } as const;
/** A cancel is requested while the handler runs. After the claim, the commit that needs no read is refused. */
const ASKED = { ...CLAIM, end: "retries", cancel: "while it runs", unreached: FINISHED } as const;
const CANCEL = { ...CLAIM, cancel: "by the subject" } as const;
const TRANSACTION = { ...CLAIM, task: "transaction" } as const;
const NATURAL = { ...CLAIM, task: "natural" } as const;
const DYING = { ...NATURAL, end: "dies", unreached: NOTHING_TO_WRITE } as const;
const OLD = { ...DYING, before: "30 days", unreached: { ...NEVER_RUNS, ...NOTHING_TO_WRITE } } as const;

/** The awaits in the flow of a `claim` task until its handler has run. */
export const CLAIMING: readonly Scenario[] = [
  { ...CLAIM, title: "claim: the commit that creates the record", at: "Commit" },
  { ...CLAIM_AGAIN, title: "claim: the read of a record that exists", at: "BatchGetDocuments" },
  {
    ...CLAIM_AGAIN,
    title: "claim: the commit that takes over a record",
    at: "Commit",
    skip: 1,
    unreached: NOTHING_TO_WRITE,
  },
  {
    ...CLAIM_COUNTED,
    title: "claim: the read before a task that comes again",
    at: "BatchGetDocuments",
  },
  {
    ...CLAIM_COUNTED,
    title: "claim: the commit that claims a task that comes again",
    at: "Commit",
    unreached: NOTHING_TO_WRITE,
  },
  { ...CLAIM, title: "claim: the handler", at: "handler", unreached: FINISHED },
  {
    ...CLAIM,
    title: "claim: the commit that keeps another payload's letter",
    at: "Commit",
    before: "another payload",
    skip: 1,
    unreached: NEVER_RUNS,
  },
  {
    ...CLAIM,
    title: "claim: the commit that dead-letters a task whose last attempt was killed",
    task: "once",
    at: "Commit",
    before: "its last attempt",
    end: "dies",
    skip: 1,
    unreached: { ...NEVER_RUNS, ...NOTHING_TO_WRITE, takeover: "as alone" },
  },
];

/** The awaits in the flow of a `claim` task after its handler has run. */
export const SETTLING: readonly Scenario[] = [
  { ...SETTLE, title: "claim: the commit that records success", afterEffect: true },
  { ...SETTLE, title: "claim: the commit that records a failure", end: "retries" },
  { ...SETTLE, title: "claim: the commit that records a death and its letter", end: "dies" },
  { ...SETTLE_AGAIN, title: "claim: the read when that commit is refused", at: "BatchGetDocuments", skip: 1 },
  { ...SETTLE_AGAIN, title: "claim: the commit after that read", at: "Commit" },
];

/** The awaits of a cancel, and of the attempts and deliveries that carry it out. */
export const CANCELS: readonly Scenario[] = [
  { ...CANCEL, title: "cancel: the read before it is decided", at: "BatchGetDocuments", skip: 1 },
  { ...CANCEL, title: "cancel: the commit", at: "Commit", unreached: NOTHING_TO_WRITE },
  {
    ...ASKED,
    title: "cancel: the read when an attempt ends that was to end",
    at: "BatchGetDocuments",
    skipAt: { takeover: 1, late: 1 },
  },
  {
    ...ASKED,
    title: "cancel: the commit when an attempt ends that was to end",
    at: "Commit",
    skip: 2,
    skipAt: { takeover: 3 },
  },
  {
    ...CLAIM,
    title: "cancel: the commit after an attempt was killed that was to end",
    at: "Commit",
    before: "a cancel",
    skip: 1,
    unreached: { ...NEVER_RUNS, ...NOTHING_TO_WRITE, takeover: "as alone" },
  },
];

/** The awaits in the flow of a `transaction` task. */
export const TRANSACTIONS: readonly Scenario[] = [
  { ...TRANSACTION, title: "transaction: the read of the record", at: "BatchGetDocuments" },
  { ...TRANSACTION, title: "transaction: the handler", at: "handler", unreached: FINISHED },
  {
    ...TRANSACTION,
    title: "transaction: the handler's own read",
    at: "BatchGetDocuments",
    skip: 1,
    unreached: FINISHED,
  },
  { ...TRANSACTION, title: "transaction: the commit", at: "Commit" },
  {
    ...TRANSACTION,
    title: "transaction: the read before a failure is recorded",
    at: "BatchGetDocuments",
    skip: 2,
    end: "retries",
    unreached: FINISHED,
  },
  {
    ...TRANSACTION,
    title: "transaction: the commit that records a failure",
    at: "Commit",
    end: "retries",
  },
  {
    ...TRANSACTION,
    title: "transaction: the commit that records a failure, while another delivery fails too",
    at: "Commit",
    end: "retries",
    meanwhile: "retries",
  },
];

/** The awaits in the flow of a `natural` task. */
export const NATURALS: readonly Scenario[] = [
  {
    ...NATURAL,
    title: "natural: the read before a task that comes again",
    at: "BatchGetDocuments",
    before: "a failure",
  },
  { ...NATURAL, title: "natural: the handler", at: "handler" },
  { ...NATURAL, title: "natural: the read before a failure is recorded", at: "BatchGetDocuments", end: "retries" },
  { ...NATURAL, title: "natural: the commit that records a failure", at: "Commit", end: "retries" },
  {
    ...NATURAL,
    title: "natural: the commit that records a failure, while another delivery fails too",
    at: "Commit",
    end: "retries",
    meanwhile: "retries",
  },
  { ...DYING, title: "natural: the commit that records a death and its letter", at: "Commit" },
  {
    ...NATURAL,
    title: "natural: the commit that closes the record",
    at: "Commit",
    before: "a failure",
    unreached: NOTHING_TO_WRITE,
  },
  { ...OLD, title: "natural: the read before an old task runs", at: "BatchGetDocuments", unreached: NEVER_RUNS },
  { ...OLD, title: "natural: the commit that dead-letters an old task", at: "Commit" },
];

/** All tables, in the order of the document. */
export const SCENARIOS: readonly Scenario[] = [...CLAIMING, ...SETTLING, ...CANCELS, ...TRANSACTIONS, ...NATURALS];
