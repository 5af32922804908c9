import { setTimeout as sleep } from "node:timers/promises";

/** A tick takes up to 20 s. */
const TICK_LIMIT_MS = 30_000;

/**
 * Has a producer do what is due every `everyMs` milliseconds, as Cloud Scheduler does, whatever comes of it. Each tick comes
 * twice.
 */
export function tickEach(everyMs: number, producer: string): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const tick = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const dueMs = Date.now() + everyMs;
      await Promise.all([1, 2].map(() => sendTick(producer)));
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

async function sendTick(producer: string): Promise<void> {
  const limit = AbortSignal.timeout(TICK_LIMIT_MS);
  await fetch(`${producer}/v1/tick`, { method: "POST", signal: limit }).catch(() => undefined);
}
