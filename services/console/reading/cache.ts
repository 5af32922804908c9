import { LRUCache } from "lru-cache";
import type { Clock } from "../../../shared/runtime/clock.ts";

const MAX_KEPT = 100;

/** A cache of results of one type. */
export interface Kept<Value> {
  /** The recently read value with this name, or else the result of `read`. Callers that arrive meanwhile share it. */
  get(name: string, read: () => Promise<Value>): Promise<Value>;
  clear(): void;
}

interface Entry<Value> {
  /** Infinite until the value has been read. */
  untilMs: number;
  readonly value: Promise<Value>;
}

/** Caches values for a time, in milliseconds, from when they were read. Failures aren't cached. */
export function createCache<Value>(keptMs: number, clock: Clock): Kept<Value> {
  const kept = new LRUCache<string, Entry<Value>>({ max: MAX_KEPT });
  return {
    async get(name, read) {
      const found = kept.get(name);
      if (found && clock.monotonic() < found.untilMs) return await found.value;
      letGo(kept, clock.monotonic());
      // While the producer is slow, pages that refresh themselves must not make it slower.
      const entry = { untilMs: Infinity, value: read() };
      kept.set(name, entry);
      entry.value.then(
        () => (entry.untilMs = clock.monotonic() + keptMs),
        () => {
          if (kept.peek(name) === entry) kept.delete(name);
        },
      );
      return await entry.value;
    },
    clear: () => kept.clear(),
  };
}

/** Expired values are dropped, since one can be a payload of 900 KiB. */
function letGo<Value>(kept: LRUCache<string, Entry<Value>>, nowMs: number): void {
  const isOld = (name: string): boolean => (kept.peek(name)?.untilMs ?? 0) <= nowMs;
  for (const name of [...kept.keys()].filter(isOld)) kept.delete(name);
}
