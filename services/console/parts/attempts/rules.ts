import { describeDuration } from "../distance.ts";

/** A task type's waits after failures. */
export interface Backoff {
  readonly firstMs: number;
  readonly factor: number;
  readonly maxMs: number;
}

/** What set the time of an attempt, as a clause that can follow "due at …:". A missing rule means the queue. */
export function describeRule(
  rule: string | undefined,
  on: { readonly hasFailed: boolean; readonly backoff?: Backoff | undefined },
): string {
  switch (rule) {
    case undefined:
    case "queue":
      return on.hasFailed
        ? "its queue waits longer after each delivery that fails"
        : "its queue delivers it as soon as it can";
    case "schedule":
      return "it was enqueued for that time";
    case "run":
      return "somebody rescheduled it to that time";
    case "backoff":
      return describeBackoff(on.backoff);
    case "retry-after":
      return "its handler asked for that time when the last attempt failed";
    case "snooze":
      return "its handler postponed it until then, and that attempt doesn't count";
    default:
      return `the rule ${JSON.stringify(rule)} set that time, which this console doesn't know`;
  }
}

function describeBackoff(backoff: Backoff | undefined): string {
  if (!backoff) return "its type says how long to wait after each failure";
  const { firstMs, factor, maxMs } = backoff;
  if (factor === 1 || firstMs >= maxMs)
    return `its type waits ${describeDuration(Math.min(firstMs, maxMs))} after each failure`;
  const from = `its type waits ${describeDuration(firstMs)} after the first failure`;
  return `${from} and ${factor} times longer after each further one, at most ${describeDuration(maxMs)}`;
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ["queue", "set by its queue"],
  ["schedule", "set when it was enqueued"],
  ["run", "set by somebody"],
  ["backoff", "set by its type's backoff"],
  ["retry-after", "asked for by its handler"],
  ["snooze", "postponed by its handler"],
]);

/** What set a wait, in a few words. A missing rule means the queue. */
export function nameRule(rule: string | undefined): string {
  return SHORT.get(rule ?? "queue") ?? `set by the rule ${JSON.stringify(rule)}`;
}
