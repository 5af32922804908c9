import type { Firestore } from "@google-cloud/firestore";
import type { Clock } from "./clock.ts";
import { settlesWithin } from "./deadline.ts";

/**
 * The calls that a Google client still has in flight, including those that nobody waits for any more: they can't be
 * cancelled, and the client retries a read for up to 25 s.
 */
export class PendingCalls {
  readonly #calls = new Set<Promise<unknown>>();

  /** Counts a call as pending until it settles. */
  track<Result>(call: Promise<Result>): Promise<Result> {
    this.#calls.add(call);
    const forget = () => void this.#calls.delete(call);
    call.then(forget, forget);
    return call;
  }

  /** Waits until no call is pending, for at most `withinMs` milliseconds. False if some still are. */
  settle(withinMs: number, clock: Clock): Promise<boolean> {
    return settlesWithin({ clock, timeoutMs: withinMs }, this.#settleAll());
  }

  /** One call may lead to another. */
  async #settleAll(): Promise<void> {
    while (this.#calls.size > 0) await Promise.allSettled(this.#calls);
  }
}

/** If an abandoned call gets a response at all, it usually has it within this time. */
const CLOSE_TIMEOUT_MS = 500;

/**
 * Closes a Firestore client when its calls have settled. If some don't settle within 500 ms, the client is left open
 * until the process ends: a read that it retries after `terminate` rejects where nothing can handle it, and `terminate`
 * itself waits for a hanging call.
 */
export async function closeFirestore(
  db: Pick<Firestore, "terminate">,
  { calls, clock }: { calls: PendingCalls; clock: Clock },
): Promise<void> {
  if (await calls.settle(CLOSE_TIMEOUT_MS, clock)) await db.terminate();
}
