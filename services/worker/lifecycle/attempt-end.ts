import type { HandlerResult } from "../runner/handler.ts";
import type { Outcome } from "../outcome.ts";
import type { TaskError } from "../../../shared/records/task-record.ts";

/** How an attempt ended, whatever the reason. */
export type AttemptEnd =
  | HandlerResult
  | { readonly kind: "threw"; readonly error: TaskError }
  | { readonly kind: "timed-out"; readonly error: TaskError }
  /** This revision has no handler for the type; a newer one may have. */
  | { readonly kind: "unknown-type"; readonly type: string }
  /** Stopped by a shutdown before its end: it doesn't count. */
  | { readonly kind: "released" };

/** What running an attempt leaves to be settled. */
export type RunEnd =
  | { readonly kind: "ended"; readonly end: AttemptEnd }
  /** The work and its record were settled together, or neither is to be: nothing is left to write. */
  | { readonly kind: "decided"; readonly outcome: Outcome }
  /** The handler ignored its signal and is still at it: the claim must last until its lease ends. */
  | { readonly kind: "runaway"; readonly outcome: Outcome };

/** The end of a handler that threw. A message may hold anything, so the record names only the error's class. */
export function threw(error: unknown): AttemptEnd {
  const name = error instanceof Error ? error.name : typeof error;
  return { kind: "threw", error: { code: "handler_threw", message: `The handler threw ${name}.` } };
}
