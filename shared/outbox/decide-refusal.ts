import { type TaskError, type TaskRecord, isExpired, isTerminal } from "../records/task-record.ts";
import type { Transition } from "../records/transition.ts";

/** What makes an entry one that can never be relayed. */
export type Refusal =
  /** The entry isn't what its id says, or another task has the id. The record, if there is one, belongs to that task. */
  | { readonly kind: "not-its-own"; readonly error: TaskError }
  /** The task itself can't be accepted. */
  | { readonly kind: "unacceptable"; readonly error: TaskError };

/** What to write for an entry that can't be relayed; "superfluous" if its task went on without it. */
export type RefusalDecision = Extract<Transition, { kind: "refuseEntry" }> | "superfluous";

/** Another task has the id, with another payload. */
export const CONFLICT: Refusal = {
  kind: "not-its-own",
  error: { code: "payload_conflict", message: "The task's id was used before with a different payload." },
};

/**
 * Decides from the task's record, as it was read.
 *
 *     no record ──▶ a dead one, and its letter
 *     a record of the same payload ──▶ nothing but the deletion, or a dead record if it waits for this very entry
 *     a record of another payload ──▶ a letter of the entry's own
 *
 * @param on.owner a token made for this decision.
 */
export function decideRefusal(
  record: TaskRecord | null,
  refusal: Refusal,
  on: {
    readonly entryId: string;
    readonly hop: number;
    readonly payloadHash: string;
    readonly owner: string;
    readonly readTimeMs: number;
  },
): RefusalDecision {
  const { entryId, hop, payloadHash, owner, readTimeMs } = on;
  const asLetter = ({ error }: Refusal) => ({ kind: "refuseEntry", error, entryId, as: null }) as const;
  if (refusal.kind === "not-its-own") return asLetter(refusal);
  const from = record && !isExpired(record, readTimeMs) ? record : null;
  if (from && from.payloadHash !== payloadHash) return asLetter(CONFLICT);
  if (from && !awaits(from, hop)) {
    // Nobody knows where a hop comes from that its task hasn't reached.
    return isTerminal(from.state) || (from.hop ?? 0) >= hop ? "superfluous" : asLetter(refusal);
  }
  const as = { owner, fence: record ? record.fence + 1 : 0, from };
  return { kind: "refuseEntry", error: refusal.error, entryId, as };
}

/**
 * Whether a task depends on the entry of a hop: its record waits for that, and no delivery has said yet when the hop was
 * put into its queue.
 */
function awaits({ state, hop = 0, hopAt }: TaskRecord, entryHop: number): boolean {
  return state === "waiting" && entryHop > 0 && hop === entryHop && hopAt === undefined;
}

/** What is known of an entry whose task's name is held, or was until recently. */
export interface TakenEntry {
  readonly hop: number;
  readonly payloadHash: string;
  /** Whether the task's id marks a natural type. */
  readonly isNatural: boolean;
}

/**
 * What to do with such an entry: delete it, since its task was put into its queue, or has ended or gone on; make it a dead
 * letter, since another task has its name; or wait for the name.
 */
export type TakenDecision = "relayed" | "dropped" | "conflict" | "later";

/** Decides by what has the name in the queue. */
export function decideFound(foundHash: string | undefined, { payloadHash }: TakenEntry): TakenDecision {
  return foundHash === payloadHash ? "relayed" : "conflict";
}

/** Decides by the task's record, when nothing has the name in the queue. `isGone`: something had it until recently. */
export function decideMissing(
  {
    record,
    readTimeMs,
    isGone,
  }: { readonly record: TaskRecord | null; readonly readTimeMs: number; readonly isGone: boolean },
  { hop, payloadHash, isNatural }: TakenEntry,
): TakenDecision {
  if (record && !isExpired(record, readTimeMs)) {
    if (record.payloadHash !== payloadHash) return "conflict";
    // Whatever ran at this hop has written that, so a hop that is awaited was taken out by hand.
    return awaits(record, hop) ? "later" : "dropped";
  }
  // A natural task leaves its queue without a record when it has run, any other only when it is taken out by hand.
  return isGone && isNatural ? "dropped" : "later";
}

/**
 * Decides whether an old entry's task still has to be put into its queue, and whether its record must be kept for longer
 * first.
 */
export function decideOld(
  record: TaskRecord | null,
  { hop, payloadHash, readTimeMs }: Omit<TakenEntry, "isNatural"> & { readonly readTimeMs: number },
): "create" | "renew" | "drop" {
  // The worker tells a conflict by the record.
  if (!record || isExpired(record, readTimeMs) || record.payloadHash !== payloadHash) return "create";
  return isOver(record, hop) ? "drop" : "renew";
}

/** Whether a hop of a task mustn't stay in its queue: the task has ended, or gone on to a later one. */
export function isVoid(record: TaskRecord | null, { hop, payloadHash }: Omit<TakenEntry, "isNatural">): boolean {
  return record !== null && record.payloadHash === payloadHash && isOver(record, hop);
}

function isOver({ state, hop = 0 }: TaskRecord, hopOfEntry: number): boolean {
  return isTerminal(state) || hop > hopOfEntry;
}
