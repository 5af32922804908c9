import { type TaskError, type TaskRecord, isExpired, isTerminal } from "../records/task-record.ts";
import type { Transition } from "../records/transition.ts";

/** Why an entry can never be relayed. */
export type Refusal =
  /** The entry doesn't match its id, or another task has the id. The record, if there is one, belongs to that task. */
  | { readonly kind: "not-its-own"; readonly error: TaskError }
  /** The task itself can't be accepted. */
  | { readonly kind: "unacceptable"; readonly error: TaskError };

/** What to write for an entry that can't be relayed; "superfluous" if its task continued without it. */
export type RefusalDecision = Extract<Transition, { kind: "refuseEntry" }> | "superfluous";

/** Another task has the id, with a different payload. */
export const CONFLICT: Refusal = {
  kind: "not-its-own",
  error: { code: "payload_conflict", message: "The task's id was used before with a different payload." },
};

/**
 * Decides by the task's record as it was read.
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
    // The origin of a hop that its task hasn't reached is unknown.
    return isTerminal(from.state) || (from.hop ?? 0) >= hop ? "superfluous" : asLetter(refusal);
  }
  const as = { owner, fence: record ? record.fence + 1 : 0, from };
  return { kind: "refuseEntry", error: refusal.error, entryId, as };
}

/**
 * Whether a task depends on a hop's entry: its record waits for that hop, and no delivery has recorded when the hop was
 * put into its queue.
 */
function awaits({ state, hop = 0, hopAt }: TaskRecord, entryHop: number): boolean {
  return state === "waiting" && entryHop > 0 && hop === entryHop && hopAt === undefined;
}

/** What is known of an entry whose task's name is taken, or was until recently. */
export interface TakenEntry {
  readonly hop: number;
  readonly payloadHash: string;
  /** Whether the task's id marks a natural type. */
  readonly isNatural: boolean;
}

/**
 * What to do with such an entry. Delete it if its task was put into its queue, has ended or is at a later hop. Make it
 * a dead letter if another task has its name. Otherwise wait for the name.
 */
export type TakenDecision = "relayed" | "dropped" | "conflict" | "later";

/** Decides by the task that has the name in the queue. */
export function decideFound(foundHash: string | undefined, { payloadHash }: TakenEntry): TakenDecision {
  return foundHash === payloadHash ? "relayed" : "conflict";
}

/** Decides by the record when no task in the queue has the name. `isGone`: one had it until recently. */
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
    // Anything that ran at this hop has recorded that, so a hop that is still awaited was removed by hand.
    return awaits(record, hop) ? "later" : "dropped";
  }
  // A natural task that has run leaves its queue without a record. Any other is missing only if it was removed by hand.
  return isGone && isNatural ? "dropped" : "later";
}

/**
 * Decides whether an old entry's task must still be put into its queue, and whether its record must be kept longer
 * first.
 */
export function decideOld(
  record: TaskRecord | null,
  { hop, payloadHash, readTimeMs }: Omit<TakenEntry, "isNatural"> & { readonly readTimeMs: number },
): "create" | "renew" | "drop" {
  // The worker detects a conflict by the record.
  if (!record || isExpired(record, readTimeMs) || record.payloadHash !== payloadHash) return "create";
  return isOver(record, hop) ? "drop" : "renew";
}

/** Whether a task's hop must not stay in its queue, because the task has ended or is at a later hop. */
export function isVoid(record: TaskRecord | null, { hop, payloadHash }: Omit<TakenEntry, "isNatural">): boolean {
  return record !== null && record.payloadHash === payloadHash && isOver(record, hop);
}

function isOver({ state, hop = 0 }: TaskRecord, hopOfEntry: number): boolean {
  return isTerminal(state) || hop > hopOfEntry;
}
