import { Refusal } from "./refusal.ts";
import type { OperationEnd } from "./operations.ts";

/** Which calls a fault is for: `POST run/projects/p/locations/l/services`, a custom method after a colon. */
type Which = RegExp;

/** What goes wrong with the first calls that fit, and how often. */
export interface Fault {
  readonly on: Which;
  readonly times: number;
  readonly does:
    | { readonly kind: "refuse"; readonly refusal: Refusal }
    | { readonly kind: "cut" }
    | { readonly kind: "answer lost" }
    | { readonly kind: "operation"; readonly end: OperationEnd };
}

/** The fault menu. Google words these errors so, where a comment gives no other source, in its client libraries' recordings. */
export const faults = {
  /** An API that was enabled just now (https://cloud.google.com/service-usage/docs/enable-disable). */
  apiOff: (on: Which, api: string, times: number): Fault =>
    refusing(
      { on, times },
      new Refusal(
        403,
        "PERMISSION_DENIED",
        `${api} has not been used in project 123456789012 before or it is disabled. Enable it by visiting the console, then retry.`,
      ),
    ),
  /** A grant that isn't known everywhere (https://cloud.google.com/iam/docs/access-change-propagation). */
  notYetAllowed: (on: Which, permission: string, times: number): Fault =>
    refusing(
      { on, times },
      new Refusal(
        403,
        "PERMISSION_DENIED",
        `The principal (user or service account) lacks IAM permission "${permission}" for the resource (or the resource may not exist).`,
      ),
    ),
  /** A permission that nobody will give. */
  forbidden: (on: Which, permission: string): Fault =>
    refusing({ on, times: Infinity }, new Refusal(403, "PERMISSION_DENIED", `Permission '${permission}' denied`)),
  /** Too many calls a minute (https://cloud.google.com/docs/quotas/troubleshoot). */
  tooManyCalls: (on: Which, times: number): Fault =>
    refusing(
      { on, times },
      new Refusal(
        429,
        "RESOURCE_EXHAUSTED",
        "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute'",
        [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "RATE_LIMIT_EXCEEDED" }],
      ),
    ),
  /** What a region doesn't have (https://cloud.google.com/run/quotas). */
  noQuota: (on: Which): Fault =>
    refusing(
      { on, times: Infinity },
      new Refusal(
        400,
        "FAILED_PRECONDITION",
        "Quota violated: CpuAllocPerProjectRegion requested: 20000 allowed: 10000",
      ),
    ),
  taken: (on: Which): Fault =>
    refusing({ on, times: Infinity }, new Refusal(409, "ALREADY_EXISTS", "Requested entity already exists")),
  unavailable: (on: Which, times: number): Fault =>
    refusing({ on, times }, new Refusal(503, "UNAVAILABLE", "The service is currently unavailable.")),
  /** The connection ends before the call is carried out, or after it. */
  cut: (on: Which, times: number): Fault => ({ on, times, does: { kind: "cut" } }),
  answerLost: (on: Which, times: number): Fault => ({ on, times, does: { kind: "answer lost" } }),
  slow: (on: Which, polls: number): Fault => ({ on, times: 1, does: { kind: "operation", end: { polls } } }),
  endsBadly: (on: Which, message: string): Fault => ({
    on,
    times: 1,
    does: { kind: "operation", end: { error: { code: 9, message } } },
  }),
};

function refusing(which: Pick<Fault, "on" | "times">, refusal: Refusal): Fault {
  return { ...which, does: { kind: "refuse", refusal } };
}

/** Faults that are still to come. */
export class FaultScript {
  private left: { readonly fault: Fault; times: number }[] = [];

  /** From now on, these and no others. */
  set(script: readonly Fault[]): void {
    this.left = script.map((fault) => ({ fault, times: fault.times }));
  }

  /** What goes wrong with this call; the next one like it may fare better. */
  take(line: string): Fault["does"] | undefined {
    const next = this.left.find(({ fault, times }) => times > 0 && fault.on.test(line));
    if (!next) return undefined;
    next.times -= 1;
    return next.fault.does;
  }
}
