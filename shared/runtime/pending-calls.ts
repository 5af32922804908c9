import type { Firestore } from "@google-cloud/firestore";
import type { Clock } from "./clock.ts";

/**
 * The calls that a Google client still has under way, including those that nobody waits for any more: the client can't
 * be told to stop, and retries a read by itself for up to 25 s.
 */
export class PendingCalls {
  readonly #calls = new Set<Promise<unknown>>();

  /** Counts a call as under way until it settles. */
  track<Result>(call: Promise<Result>): Promise<Result> {
    this.#calls.add(call);
    const forget = () => void this.#calls.delete(call);
    call.then(forget, forget);
    return call;
  }

  /** Waits until no call is under way, for at most `withinMs` milliseconds. False when some still are. */
  async settle(withinMs: number, clock: Clock): Promise<boolean> {
    const { promise: over, resolve } = Promise.withResolvers<false>();
    const timer = clock.setTimer(withinMs, () => resolve(false));
    const settled = await Promise.race([this.#settleAll(), over]);
    timer.cancel();
    return settled;
  }

  async #settleAll(): Promise<true> {
    while (this.#calls.size > 0) await Promise.allSettled(this.#calls);
    return true;
  }
}

/** A given-up call that gets its response at all has it by then. */
const CLOSE_WITHIN_MS = 500;

/**
 * Closes a Firestore client once its calls have settled. Where some don't within 500 ms, it is left to end with the
 * process: a read that the client retries after `terminate` is a rejection that nobody can handle, and `terminate`
 * itself waits for a call that hangs.
 */
export async function closeFirestore(
  db: Pick<Firestore, "terminate">,
  { calls, clock }: { calls: PendingCalls; clock: Clock },
): Promise<void> {
  if (await calls.settle(CLOSE_WITHIN_MS, clock)) await db.terminate();
}
