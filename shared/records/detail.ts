import type { TaskError } from "./task-record.ts";

/**
 * How much of what was said is written. An end must become durable even if Firestore refuses what came with it: each
 * refusal leaves out more, first a handler's own words, then the payload in the dead letter.
 */
const DETAILS = ["all", "no-words", "no-payload"] as const;
export type Detail = (typeof DETAILS)[number];

/** What a record says in place of a message that Firestore refused. */
const REFUSED_MESSAGE = "Firestore refused to store the error's message.";
const REFUSED_CODE = "not_stored";
/** A code that no store can object to. */
const PLAIN_CODE = /^[\w.:-]{1,100}$/;

/** Statuses by which Firestore refuses what a commit says, and would again: INVALID_ARGUMENT, OUT_OF_RANGE. */
const REFUSALS = new Set([3, 11]);

/** Statuses that may mean the same, but usually pass: UNKNOWN, RESOURCE_EXHAUSTED, INTERNAL. */
const POSSIBLE_REFUSALS = new Set([2, 8, 13]);

/** How much to write after a commit was refused; undefined if it can't be less. */
export function detailAfter(
  status: number,
  on: { readonly detail: Detail; readonly triesLeft: number; readonly hasDetail: boolean },
): Detail | undefined {
  const { detail, triesLeft, hasDetail } = on;
  const less = hasDetail ? DETAILS[DETAILS.indexOf(detail) + 1] : undefined;
  if (REFUSALS.has(status)) return less;
  const isLastChance = triesLeft < DETAILS.length;
  return isLastChance && POSSIBLE_REFUSALS.has(status) ? (less ?? detail) : detail;
}

/** An error as it can be stored: its text is made well-formed, or left out. */
export function storableError(error: TaskError, detail: Detail): TaskError {
  const { code, message } = error;
  if (detail !== "all") return { code: PLAIN_CODE.test(code) ? code : REFUSED_CODE, message: REFUSED_MESSAGE };
  if (code.isWellFormed() && message.isWellFormed()) return error;
  return { code: code.toWellFormed(), message: message.toWellFormed() };
}
