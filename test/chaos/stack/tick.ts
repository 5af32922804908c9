import { setTimeout as sleep } from "node:timers/promises";

/** A sweep takes up to 20 s. */
const TICK_LIMIT_MS = 30_000;

/** Has a producer sweep the outbox every `everyMs` milliseconds, as Cloud Scheduler does, whatever comes of it. */
export function tickEach(everyMs: number, producer: string): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const tick = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const dueMs = Date.now() + everyMs;
      await fetch(`${producer}/v1/tick`, { method: "POST", signal: AbortSignal.timeout(TICK_LIMIT_MS) }).catch(
        () => undefined,
      );
      await sleep(Math.max(0, dueMs - Date.now()), undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  const ticking = tick();
  return {
    async stop() {
      stopped.abort();
      await ticking;
    },
  };
}
