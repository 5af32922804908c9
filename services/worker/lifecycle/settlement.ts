import type { z } from "zod";
import type { TaskError } from "../../../shared/records/task-record.ts";
import type { AttemptEnd } from "./attempt-end.ts";
import type { Outcome } from "../outcome.ts";

/** What to write into the record for an attempt's end, and what to answer once it is durable. */
export interface Settlement {
  readonly state: "succeeded" | "waiting" | "dead";
  readonly attempts: number;
  readonly error: TaskError | null;
  readonly result: z.core.util.JSONType;
  /** How many deliveries in a row no revision knew the type of; absent once one does. */
  readonly unknownTypes?: number;
  readonly outcome: Outcome;
}

/** What has been counted of a task, this attempt among it. */
export interface Counted {
  readonly attempts: number;
  /** Deliveries in a row, before this one, to revisions that didn't know the type. Default 0. */
  readonly unknownTypes?: number;
}

/**
 * Deploys overlap: a type that the revisions reached don't know is tried this often before it becomes a dead letter.
 * Nothing ran, so these deliveries use none of the task's attempts up.
 */
const MOST_UNKNOWN_TYPES = 10;

/** Decides how an attempt is settled. */
export function decideSettlement(end: AttemptEnd, counted: Counted, maxAttempts: number): Settlement {
  const { attempts } = counted;
  switch (end.kind) {
    case "succeeded":
      return {
        state: "succeeded",
        attempts,
        error: null,
        result: end.result,
        outcome: { kind: "done", result: end.result },
      };
    case "permanent":
      return bury(end.error, attempts);
    case "retry":
    case "threw":
    case "timed-out":
      return attempts >= maxAttempts ? bury(end.error, attempts) : wait(end, end.error, attempts);
    case "unknown-type":
      return settleUnknownType(end, counted);
    case "saturated":
      return wait(end, end.error, attempts - 1);
    case "released":
      return wait(end, null, attempts - 1);
    default:
      return end satisfies never;
  }
}

/** An end after which the task is tried again. */
export type WaitingEnd = Exclude<AttemptEnd, { kind: "succeeded" | "permanent" }>;

/** What an attempt is answered whose task waits for its next. */
export function outcomeOfWaiting(end: WaitingEnd): Outcome {
  switch (end.kind) {
    case "retry":
    case "saturated":
    case "unknown-type":
      return end;
    case "threw":
    case "timed-out":
      return { kind: "failed", error: end.error };
    case "released":
      return { kind: "unavailable", reason: "shutting-down" };
    default:
      return end satisfies never;
  }
}

/** The end of a task that is not tried again. */
export function bury(error: TaskError, attempts: number): Settlement {
  return { state: "dead", attempts, error, result: null, outcome: { kind: "dead", error } };
}

/** What the dead letter of a settlement says; null for a task that has not died. */
export function letterOf({ state, attempts, error }: Settlement): { attempts: number; error: TaskError } | null {
  return state === "dead" && error ? { attempts, error } : null;
}

function wait(end: WaitingEnd, error: TaskError | null, attempts: number): Settlement {
  return { state: "waiting", attempts, error, result: null, outcome: outcomeOfWaiting(end) };
}

function settleUnknownType(end: Extract<AttemptEnd, { kind: "unknown-type" }>, counted: Counted): Settlement {
  const error = {
    code: "unknown_type",
    message: `No revision of the worker that was reached knows ${end.type}.`,
  };
  const attempts = counted.attempts - 1;
  const unknownTypes = (counted.unknownTypes ?? 0) + 1;
  if (unknownTypes >= MOST_UNKNOWN_TYPES) return bury(error, attempts);
  return { ...wait(end, error, attempts), unknownTypes };
}
