import { setTimeout as sleep } from "node:timers/promises";
import type { KillStack } from "./kill-stack.ts";

const IDLE_LIMIT_MS = 600_000;
const LOOK_EVERY_MS = 250;

/**
 * Resolves when the outbox and the queues are empty.
 *
 * @throws Error if that takes too long.
 */
export async function untilIdle({ db, emulators }: KillStack): Promise<void> {
  const untilMs = Date.now() + IDLE_LIMIT_MS;
  while (Date.now() < untilMs) {
    const { docs } = await db.collection("taskOutbox").limit(1).get();
    if (docs.length === 0 && (await areQueuesEmpty(emulators.tasks.url))) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error("The outbox and the queues have not become empty.");
}

async function areQueuesEmpty(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/_emulator/idle`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ until: "empty", timeoutMs: 2_000 }),
  });
  await answer.arrayBuffer();
  return answer.ok;
}
