import type { z } from "zod";
import type { RequestProblem } from "../../shared/http/problem.ts";
import type { TaskError, TerminalState } from "../../shared/records/task-record.ts";

/** Every way in which a delivery can end. What Cloud Tasks does next follows from the answer that `respond` gives each. */
export type Outcome =
  | { readonly kind: "done"; readonly result: z.core.util.JSONType }
  | { readonly kind: "duplicate"; readonly state: TerminalState }
  | { readonly kind: "dead"; readonly error: TaskError }
  | { readonly kind: "busy"; readonly retryAfterMs: number }
  | { readonly kind: "retry"; readonly error: TaskError; readonly retryAfterMs?: number }
  | { readonly kind: "saturated"; readonly error: TaskError; readonly retryAfterMs?: number }
  | { readonly kind: "failed"; readonly error: TaskError }
  | { readonly kind: "unavailable"; readonly reason: UnavailableReason }
  | { readonly kind: "unknown-type"; readonly type: string }
  | { readonly kind: "malformed"; readonly problems: readonly RequestProblem[] }
  | { readonly kind: "too-large"; readonly maxBytes: number }
  | { readonly kind: "unsupported-media" }
  | { readonly kind: "unauthenticated"; readonly reason: string }
  | { readonly kind: "forbidden"; readonly reason: string };

export type UnavailableReason = "shutting-down" | "record-store" | "late-claim" | "keys";
