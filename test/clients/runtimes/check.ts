import { HandoffError, UnreachableError, createClient } from "handoff-client";

/** Where the stack is. Written into the bundle. */
declare const PRODUCER_URL: string;

/** Uses the client as an application does. It imports nothing but the client, and needs nothing but the web's globals. */
export async function check(): Promise<void> {
  const handoff = createClient({ url: PRODUCER_URL });
  const payload = { sentAt: new Date().toISOString() };

  const task = await handoff.enqueue("canary.claim", payload);
  const ended = await handoff.wait(task.id, { timeoutMs: 30_000 });
  expectSame("the task's end", ended.state, "succeeded");

  const batch = await handoff.enqueueMany([
    { type: "canary.natural", payload, idempotencyKey: "same" },
    { type: "canary.natural", payload, idempotencyKey: "same" },
  ]);
  expectSame("the batch's ids", batch[0]?.id, batch[1]?.id);

  const refused = await handoff.enqueue("canary.claim", {}).catch((error: unknown) => error);
  expectSame("a refusal", refused instanceof HandoffError && refused.code, "invalid-request");

  const nowhere = createClient({ url: "http://127.0.0.1:9", retry: { tries: 2 } });
  const unreached = await nowhere.get(task.id).catch((error: unknown) => error);
  expectSame("nobody's response", unreached instanceof UnreachableError, true);
}

function expectSame(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${what}: ${String(found)} instead of ${String(expected)}`);
}
