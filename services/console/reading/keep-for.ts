import { LRUCache } from "lru-cache";
import type { Clock } from "../../../shared/runtime/clock.ts";

const MOST_KEPT = 100;

/** Results that are shown again for a while. */
export interface Kept {
  /** What was read under a name a short while ago, or else what `read` reads. Whoever comes meanwhile waits for the same. */
  get<Value>(name: string, read: () => Promise<Value>): Promise<Value>;
  clear(): void;
}

/** Keeps what was read for a time, in milliseconds. Failures aren't kept. */
export function keepFor(keptMs: number, clock: Clock): Kept {
  const kept = new LRUCache<string, { readonly untilMs: number; readonly value: Promise<unknown> }>({ max: MOST_KEPT });
  return {
    async get<Value>(name: string, read: () => Promise<Value>): Promise<Value> {
      const found = kept.get(name);
      // Each name stands for one `read`, and so for one type.
      if (found && clock.monotonic() < found.untilMs) return (await found.value) as Value;
      const value = read();
      const entry = { untilMs: clock.monotonic() + keptMs, value };
      kept.set(name, entry);
      value.catch(() => {
        if (kept.peek(name) === entry) kept.delete(name);
      });
      return await value;
    },
    clear: () => kept.clear(),
  };
}
