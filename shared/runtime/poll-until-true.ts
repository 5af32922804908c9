import type { Clock, Timer } from "./clock.ts";

/**
 * Calls `ask` repeatedly, `everyMs` milliseconds after each response, until it resolves with true.
 *
 * @param everyMs undefined: never.
 * @returns a signal that then fires, and a function that stops the calls.
 */
export function pollUntilTrue(
  ask: () => Promise<boolean>,
  { clock, everyMs }: { readonly clock: Clock; readonly everyMs: number | undefined },
): { readonly signal: AbortSignal; readonly end: () => void } {
  const found = new AbortController();
  let timer: Timer | undefined;
  let isOver = false;
  const check = async (): Promise<void> => {
    const isFound = await ask();
    if (isOver) return;
    if (isFound) found.abort();
    else arm();
  };
  const arm = (): void => {
    if (everyMs !== undefined) timer = clock.setTimer(everyMs, () => void check());
  };
  arm();
  return {
    signal: found.signal,
    end() {
      isOver = true;
      timer?.cancel();
    },
  };
}
