import type { AttemptLog } from "./attempt-log.ts";
import type { TaskError } from "./task-record.ts";
import type { Transition } from "./transition.ts";

/**
 * How much detail to write. An attempt's end must become durable even if Firestore refuses its details. Each refusal
 * leaves out more: first what this attempt reports, then the dead letter's payload and what earlier attempts reported.
 */
const DETAILS = ["all", "no-words", "no-payload"] as const;
export type Detail = (typeof DETAILS)[number];

/** Replaces a message that Firestore refused. */
const REFUSED_MESSAGE = "Firestore refused to store the error's message.";
const REFUSED_CODE = "not_stored";
/** A code that Firestore always accepts. */
const PLAIN_CODE = /^[\w.:-]{1,100}$/;

/** Statuses of a lasting refusal of a commit's content: INVALID_ARGUMENT, OUT_OF_RANGE. */
const REFUSALS = new Set([3, 11]);

/** Statuses that may mean the same but are usually temporary: UNKNOWN, RESOURCE_EXHAUSTED, INTERNAL. */
const POSSIBLE_REFUSALS = new Set([2, 8, 13]);

/** Transitions without any text that could be left out. */
const WITHOUT_DETAIL: ReadonlySet<Transition["kind"]> = new Set(["claim", "requestCancel", "renew", "replay"]);

/** The level of detail to try after a commit was refused; undefined if nothing more can be left out. */
export function detailAfter(
  status: number,
  on: { readonly detail: Detail; readonly triesLeft: number; readonly transition: Transition | null | undefined },
): Detail | undefined {
  const { detail, triesLeft, transition } = on;
  const hasDetail = !transition || !WITHOUT_DETAIL.has(transition.kind);
  const less = hasDetail ? DETAILS[DETAILS.indexOf(detail) + 1] : undefined;
  if (REFUSALS.has(status)) return less;
  const isLastChance = triesLeft < DETAILS.length;
  return isLastChance && POSSIBLE_REFUSALS.has(status) ? (less ?? detail) : detail;
}

/** A transition that can be stored: its text is made well-formed, and details are left out as `detail` says. */
export function storable(transition: Transition, detail: Detail = "all"): Transition {
  switch (transition.kind) {
    case "complete": {
      const log = storableLog(transition.log, detail);
      return { ...transition, log, result: detail === "all" ? transition.result : null };
    }
    case "hop":
    case "snooze":
      return { ...transition, log: storableLog(transition.log, detail) };
    case "retry":
    case "cancel": {
      const { error } = transition;
      const log = storableLog(transition.log, detail);
      return { ...transition, log, error: error && storableError(error, detail) };
    }
    case "deadLetter": {
      const log = storableLog(transition.log, detail);
      return { ...transition, log, error: storableError(transition.error, detail) };
    }
    case "keepConflict":
    case "refuseEntry":
      return { ...transition, error: storableError(transition.error, detail) };
    case "claim":
    case "requestCancel":
    case "renew":
    case "replay":
      return transition;
    default:
      return transition satisfies never;
  }
}

/** An error that can be stored: its text is made well-formed or left out. */
function storableError(error: TaskError, detail: Detail): TaskError {
  const { code, message } = error;
  if (detail !== "all") return { code: PLAIN_CODE.test(code) ? code : REFUSED_CODE, message: REFUSED_MESSAGE };
  if (code.isWellFormed() && message.isWellFormed()) return error;
  return { code: code.toWellFormed(), message: message.toWellFormed() };
}

/** A log that can be stored: its text is well-formed already. */
function storableLog(log: AttemptLog, detail: Detail): AttemptLog {
  if (detail === "all") return log;
  const last = log.length - 1;
  return log.map((entry, index) => (index < last && detail === "no-words" ? entry : withoutWords(entry)));
}

function withoutWords(entry: AttemptLog[number]): AttemptLog[number] {
  const { code, message } = entry;
  const isPlain = typeof code !== "string" || PLAIN_CODE.test(code);
  return {
    ...entry,
    code: isPlain ? code : REFUSED_CODE,
    message: message === null ? null : REFUSED_MESSAGE,
    stack: null,
  };
}
