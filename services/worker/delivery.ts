import type { Envelope } from "../../shared/contract/envelope.ts";
import type { Idempotency } from "../../shared/contract/task-type.ts";
import type { Claimant } from "./lifecycle/admission.ts";
import type { RunContext } from "./runner/handler.ts";
import type { AttemptEnd } from "./lifecycle/attempt-end.ts";

/** One delivery of a task, parsed: what to run, and the rules that it runs by. */
export interface Delivery {
  readonly envelope: Envelope;
  readonly idempotency: Idempotency;
  readonly maxAttempts: number;
  readonly timeoutMs: number;
  /** How long a claim of it lasts. */
  readonly leaseMs: number;
  /** How long its dead letter is kept, should it come to that. */
  readonly deadLetterRetentionMs: number;
  /** False when Cloud Tasks says that it has tried before: only then can a `natural` task have a record. */
  readonly isFirstDispatch: boolean;
  /** Does the work. Rejects when the handler throws. */
  run(context: RunContext): Promise<AttemptEnd>;
}

/** An attempt's claim on the delivery's task. */
export function claimantOf({ envelope, maxAttempts, idempotency, isFirstDispatch }: Delivery, owner: string): Claimant {
  return {
    owner,
    payloadHash: envelope.payloadHash,
    maxAttempts,
    enqueuedAtMs: Date.parse(envelope.enqueuedAt),
    mayHaveRunUnseen: idempotency !== "claim" && !isFirstDispatch,
  };
}
