import type http from "node:http";
import { onTestFinished } from "vitest";
import { createLogger } from "../../../shared/runtime/log.ts";
import { createDeliverWebhook } from "../../../services/worker/handlers/deliver-webhook.ts";
import type { Resolve } from "../../../services/worker/handlers/webhook/public-address.ts";
import type { HandlerResult } from "../../../services/worker/runner/handler.ts";
import { VirtualClock } from "handoff-emulators/clock";
import { startWebhookReceiver } from "../network/webhook-receiver.ts";

export const WEBHOOK_SECRET = `whsec_${Buffer.from("a signing key of thirty-two bytes").toString("base64")}`;
export const TASK_ID = "0123456789abcdef0123456789abcdef-default";

/**
 * The webhook handler and a subscriber on loopback; private addresses are allowed unless the options say otherwise.
 *
 * The clock starts at the wall clock's time, which the standardwebhooks package uses.
 */
export async function setUpWebhooks(
  options: {
    allowPrivateAddresses?: boolean;
    resolve?: Resolve;
    answer?: (response: http.ServerResponse) => void;
  } = {},
) {
  const { answer, allowPrivateAddresses = true, ...handlerOptions } = options;
  const receiver = await startWebhookReceiver(answer);
  onTestFinished(() => receiver.close());
  const clock = new VirtualClock();
  const abort = new AbortController();
  const url = `http://127.0.0.1:${receiver.port}/hooks?key=1`;
  const handler = createDeliverWebhook(handlerOptions).withSettings({
    WEBHOOK_SIGNING_SECRET: WEBHOOK_SECRET,
    WEBHOOK_ALLOW_PRIVATE_ADDRESSES: allowPrivateAddresses,
  });

  async function deliver(payload: { url?: string; event?: string; data?: unknown } = {}): Promise<HandlerResult> {
    const prepared = handler.prepare({ url, event: "order.paid", data: { order: 7 }, ...payload });
    if (!prepared.ok) throw new Error(JSON.stringify(prepared.problems));
    return await prepared.run({
      signal: abort.signal,
      idempotencyKey: TASK_ID,
      attempt: 1,
      enqueuedAt: "2026-01-02T03:04:05.678Z",
      clock,
      log: createLogger({ service: "test", destination: { write: () => undefined } }),
    });
  }

  return { receiver, clock, abort, url, deliver };
}
