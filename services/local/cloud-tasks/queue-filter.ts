import type { WireQueue } from "./wire.ts";

export function parseQueueFilter(_filter: string): (queue: WireQueue) => boolean {
  return () => true;
}
