import type { z } from "zod";
import type { TaskError } from "../../shared/records/task-record.ts";
import type { AttemptEnd } from "./attempt-end.ts";
import type { Outcome } from "./outcome.ts";

/** What to write into the record for an attempt's end, and what to answer once it is durable. */
export interface Settlement {
  readonly state: "succeeded" | "waiting" | "dead";
  readonly attempts: number;
  readonly error: TaskError | null;
  readonly result: z.core.util.JSONType;
  readonly outcome: Outcome;
}

/** Decides how an attempt is settled. `attempts` counts this attempt. */
export function decideSettlement(end: AttemptEnd, attempts: number, maxAttempts: number): Settlement {
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
    case "unknown-type":
      return attempts >= maxAttempts ? bury(errorOf(end), attempts) : tryAgain(end, attempts);
    case "saturated":
      return wait(end.error, attempts - 1, end);
    case "released":
      return wait(null, attempts - 1, { kind: "unavailable", reason: "shutting-down" });
    default:
      return end satisfies never;
  }
}

type FailedEnd = Extract<AttemptEnd, { kind: "retry" | "threw" | "timed-out" | "unknown-type" }>;

function tryAgain(end: FailedEnd, attempts: number): Settlement {
  switch (end.kind) {
    case "retry":
    case "unknown-type":
      return wait(errorOf(end), attempts, end);
    case "threw":
    case "timed-out":
      return wait(end.error, attempts, { kind: "failed", error: end.error });
    default:
      return end satisfies never;
  }
}

function errorOf(end: FailedEnd): TaskError {
  if (end.kind !== "unknown-type") return end.error;
  return { code: "unknown_type", message: `No revision of the worker that was reached knows ${end.type}.` };
}

function wait(error: TaskError | null, attempts: number, outcome: Outcome): Settlement {
  return { state: "waiting", attempts, error, result: null, outcome };
}

/** The end of a task that is not tried again. */
export function bury(error: TaskError, attempts: number): Settlement {
  return { state: "dead", attempts, error, result: null, outcome: { kind: "dead", error } };
}

/** What the dead letter of a settlement says; null for a task that has not died. */
export function letterOf({ state, attempts, error }: Settlement): { attempts: number; error: TaskError } | null {
  return state === "dead" && error ? { attempts, error } : null;
}
