import type { Clock, Timer } from "../../../shared/runtime/clock.ts";
import type { Part } from "./part.ts";

const MINUTE_MS = 60_000;
/** Cloud Scheduler's deadline, as infra sets it, in milliseconds. */
const TICK_LIMIT_MS = 30_000;

/**
 * A stand-in for Cloud Scheduler: posts a tick to the producer, at once and then every minute on the minute. A failed
 * tick isn't repeated.
 */
export function sendTicks({ producerUrl, clock }: { readonly producerUrl: string; readonly clock: Clock }): Part {
  const stopping = new AbortController();
  let next: Timer | undefined;
  let sent = Promise.resolve();
  const tick = (): void => {
    next = clock.setTimer(MINUTE_MS - (clock.now() % MINUTE_MS), tick);
    sent = sendTick(producerUrl, stopping.signal);
  };
  tick();
  return {
    async stop() {
      next?.cancel();
      stopping.abort();
      await sent;
    },
  };
}

async function sendTick(producerUrl: string, signal: AbortSignal): Promise<void> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TICK_LIMIT_MS)]);
    const response = await fetch(`${producerUrl}/v1/tick`, { method: "POST", signal: limit });
    await response.body?.cancel();
  } catch {
    // The producer is restarting or stopping. The next minute is soon.
  }
}
