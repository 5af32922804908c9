import { HandoffError, UnreachableError } from "../../../../packages/client/src/errors.ts";
import type { Clock } from "../../../../shared/runtime/clock.ts";
import { DeadlineError, withDeadline } from "../../../../shared/runtime/deadline.ts";

/** A part of a page, or why it can't be shown. */
export type Part<Value> =
  | { readonly kind: "read"; readonly value: Value }
  | { readonly kind: "unread"; readonly error: PartError };

export type PartError = HandoffError | UnreachableError | DeadlineError;

/** How long the page waits for one part, in milliseconds, before it shows the others without it. */
const PART_MS = 5_000;

/** Reads a part of a page. If it fails or takes longer than 5 s, the others are still shown. */
export async function readPart<Value>(read: () => Promise<Value>, clock: Clock): Promise<Part<Value>> {
  try {
    return { kind: "read", value: await withDeadline({ clock, timeoutMs: PART_MS }, read) };
  } catch (error) {
    const isExpected =
      error instanceof HandoffError || error instanceof UnreachableError || error instanceof DeadlineError;
    if (isExpected) return { kind: "unread", error };
    throw error;
  }
}

/**
 * Throws if nothing could be read.
 *
 * @throws HandoffError, UnreachableError, DeadlineError: the error of the first part.
 */
export function refuseIfNone(parts: readonly Part<unknown>[]): void {
  const [first] = parts;
  if (first?.kind === "unread" && parts.every(({ kind }) => kind === "unread")) throw first.error;
}
