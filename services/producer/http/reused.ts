import type { Clock } from "../../../shared/runtime/clock.ts";

/**
 * A function whose result is reused for so long after it was asked for. Callers meanwhile share it, also while it is being
 * made. One that rejects is shared by those who wait for it, and not kept.
 *
 * @param on.forMs in milliseconds.
 */
export function reuse<Result>(
  make: () => Promise<Result>,
  { clock, forMs }: { readonly clock: Clock; readonly forMs: number },
): () => Promise<Result> {
  let latest: { readonly atMs: number; readonly result: Promise<Result> } | undefined;
  return () => {
    if (latest && clock.monotonic() - latest.atMs < forMs) return latest.result;
    const made = { atMs: clock.monotonic(), result: make() };
    latest = made;
    made.result.catch(() => {
      if (latest === made) latest = undefined;
    });
    return made.result;
  };
}
