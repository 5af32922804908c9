import { HandoffError, UnreachableError } from "../../errors.ts";
import { endingOf } from "../exit.ts";

/** The result of a check. */
export interface Finding {
  readonly check: string;
  readonly outcome: "ok" | "warning" | "failed" | "skipped";
  /** What was found and, unless it is ok, what to do or why. */
  readonly message: string;
}

export const ok = (message: string) => ({ outcome: "ok", message }) as const;
export const warning = (message: string) => ({ outcome: "warning", message }) as const;
export const failed = (message: string) => ({ outcome: "failed", message }) as const;
export const skipped = (message: string) => ({ outcome: "skipped", message }) as const;

/** A finding without the name of its check. */
export type Result = Omit<Finding, "check">;

/** Runs a check. It fails if the check throws, or the producer doesn't allow it to this account. */
export async function findingOf(check: string, run: () => Promise<Result>): Promise<Finding> {
  try {
    return { check, ...(await run()) };
  } catch (error) {
    if (error instanceof HandoffError && error.status === 403) {
      return { check, ...skipped(`not allowed: ${error.problem?.detail ?? error.message}`) };
    }
    if (error instanceof UnreachableError) return { check, ...failed(error.message) };
    return { check, ...failed(endingOf(error).message) };
  }
}
