import type { Firestore } from "@google-cloud/firestore";
import type { Clock } from "./clock.ts";
import { settlesWithin } from "./deadline.ts";

/**
 * The calls that a Google client still has in flight, including those that nobody waits for any more: the client can't
 * be told to stop, and it retries a read for up to 25 s.
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

  /** One call may lead to the next. */
  async #settleAll(): Promise<void> {
    while (this.#calls.size > 0) await Promise.allSettled(this.#calls);
  }
}

/** If a call that was given up gets a response at all, it has it by then. */
const CLOSE_TIMEOUT_MS = 500;

/**
 * Closes a Firestore client once its calls have settled. If some don't settle within 500 ms, the client is left to end
 * with the process: a read that it retries after `terminate` rejects where nobody can handle it, and `terminate` itself
 * waits for a call that hangs.
 */
export async function closeFirestore(
  db: Pick<Firestore, "terminate">,
  { calls, clock }: { calls: PendingCalls; clock: Clock },
): Promise<void> {
  if (await calls.settle(CLOSE_TIMEOUT_MS, clock)) await db.terminate();
}
