import { relaySafely } from "../../../../shared/outbox/relay-safely.ts";
import type { Producer } from "../../producer.ts";

/** How long relaying may keep a response waiting, in milliseconds. */
const RELAY_TIMEOUT_MS = 1_000;

/** Relays an entry that has just been committed. If that fails, a sweep does it within a minute. */
export async function relayAtOnce(entryId: string, { relay, clock }: Pick<Producer, "relay" | "clock">): Promise<void> {
  await relaySafely(entryId, relay, clock.now() + RELAY_TIMEOUT_MS);
}
