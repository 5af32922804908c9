import { Timestamp } from "@google-cloud/firestore";
import { type TaskRecord, leaseLeftMs } from "../../../shared/records/task-record.ts";
import type { Transition } from "../../../shared/records/transition.ts";
import { INSTANCE, type WorldEvent } from "../world/world.ts";

/** A record that was written, by somebody at a hop of the task; default: its first. */
type Wrote = Omit<Extract<WorldEvent, { kind: "wrote" }>, "kind" | "fence"> & { readonly hop?: number };
type Entry = Readonly<Record<string, unknown>>;

const MAX_ENTRIES = 10;

/** Outcomes of attempts that leave their number to the next one. */
const UNCOUNTED: readonly unknown[] = ["released", "saturated", "unknown-type", "snoozed"];

/** How attempts may have ended, by what their end writes. */
const OUTCOMES: Readonly<Partial<Record<Transition["kind"], readonly unknown[]>>> = {
  complete: ["succeeded"],
  retry: ["retry", "threw", "timed-out", ...UNCOUNTED],
  snooze: ["snoozed"],
  deadLetter: ["permanent", "retry", "threw", "timed-out", "unknown-type"],
  cancel: ["permanent", "retry", "threw", "timed-out", "cancelled", ...UNCOUNTED],
};

/** Dead letters for which no attempt of the delivery ran. */
const WITHOUT_ATTEMPT: ReadonlySet<string> = new Set(["attempts_used_up", "too_old"]);

/** Whether a written record's log goes on from the one before, with what has ended since and nothing else. */
export function tellsOfEnds(wrote: Wrote, nowMs: number): boolean {
  const { after, transition, sentMs, hop = 0 } = wrote;
  const { carried, lost, own } = expected(wrote, nowMs);
  const log = after.attemptLog ?? [];
  const total = carried.length + lost + own;
  const kept = log.slice(0, log.length - lost - own);
  const last = own === 1 ? log.at(-1) : undefined;
  return (
    after.attemptLog !== undefined &&
    log.length === Math.min(MAX_ENTRIES, total) &&
    kept.every((entry, index) => entry === carried[index + Math.max(0, total - MAX_ENTRIES)]) &&
    isInOrder(log) &&
    (own === 0 || (last !== undefined && isEnd(last, { transition, attempts: after.attempts, sentMs, hop })))
  );
}

/** Whether a written record's log tells of the attempt before, if that was lost, with what is known of it. */
export function tellsOfLoss(wrote: Wrote, nowMs: number): boolean {
  const { before, after } = wrote;
  const { lost, own } = expected(wrote, nowMs);
  const entry = after.attemptLog?.at(-1 - own);
  if (lost === 0) return entry?.["outcome"] !== "lost" || before?.attemptLog?.includes(entry) === true;
  return (
    entry?.["outcome"] === "lost" &&
    entry["attempt"] === before?.attempts &&
    entry["startedAt"] === before?.claimedAt &&
    entry["endedAt"] === null &&
    entry["instance"] === INSTANCE
  );
}

/** What a log goes on from, and how many entries are added: for a lost attempt, and for the delivery's own. */
function expected({ before, transition }: Wrote, nowMs: number) {
  const goesOn = before !== null && before.expireAt.toMillis() > nowMs ? before : null;
  if (transition.kind === "cancel") return expectedOfCancel(transition, goesOn, nowMs);
  const isOwnEnd =
    transition.kind in OUTCOMES && !(transition.kind === "deadLetter" && WITHOUT_ATTEMPT.has(transition.error.code));
  const endsClaim = isOwnEnd && "as" in transition && transition.as === null;
  const goesOnAsItIs = transition.kind === "requestCancel" || transition.kind === "renew";
  const isLost = goesOn?.state === "running" && !endsClaim && !goesOnAsItIs;
  const carried: readonly Entry[] = goesOn?.attemptLog ?? [];
  return { carried, lost: isLost ? 1 : 0, own: isOwnEnd ? 1 : 0 };
}

/** A cancel ends the attempt that had been asked to end, or comes when that is lost, or before it begins. */
function expectedOfCancel({ log }: Extract<Transition, { kind: "cancel" }>, goesOn: TaskRecord | null, nowMs: number) {
  const carried: readonly Entry[] = goesOn?.attemptLog ?? [];
  const last = log.at(-1);
  const isOwnEnd = last !== undefined && !carried.includes(last) && last["outcome"] !== "lost";
  const isLost = !isOwnEnd && goesOn?.state === "running" && leaseLeftMs(goesOn, nowMs) <= 0;
  return { carried, lost: isLost ? 1 : 0, own: isOwnEnd ? 1 : 0 };
}

/** Whether each attempt that is counted has a number of its own. */
function isInOrder(log: readonly Entry[]): boolean {
  const numbers = log.filter(({ outcome }) => !UNCOUNTED.includes(outcome)).map(({ attempt }) => Number(attempt));
  return numbers.every((attempt, index) => attempt > (numbers[index - 1] ?? 0));
}

function isEnd(
  { attempt, outcome, hop, instance, startedAt, endedAt }: Entry,
  on: Pick<Wrote, "transition" | "sentMs"> & { readonly attempts: number; readonly hop: number },
): boolean {
  const { transition, attempts, sentMs } = on;
  return (
    OUTCOMES[transition.kind]?.includes(outcome) === true &&
    attempt === attempts + (UNCOUNTED.includes(outcome) ? 1 : 0) &&
    hop === on.hop &&
    instance === INSTANCE &&
    startedAt instanceof Timestamp &&
    endedAt instanceof Timestamp &&
    startedAt.toMillis() <= sentMs &&
    endedAt.toMillis() <= sentMs
  );
}
