import type { Clock } from "../../../shared/runtime/clock.ts";

/**
 * Caches a function's result for a time after the call. Later callers share it, even while it is pending. A rejection
 * is shared by those who wait for it, but not kept.
 *
 * @param on.forMs how long, in milliseconds.
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
