import type http from "node:http";
import { onTestFinished } from "vitest";
import { createLogger } from "../../../shared/runtime/log.ts";
import { createDeliverWebhook } from "../../../services/worker/handlers/deliver-webhook.ts";
import type { SettingValues } from "../../../shared/contract/task-settings.ts";
import type { NameResolver } from "../../../shared/network/name-resolver.ts";
import type { deliverWebhook } from "../../../shared/tasks/webhook-deliver.ts";
import type { HandlerResult } from "../../../services/worker/runner/handler.ts";
import { VirtualClock } from "handoff-emulators/clock";
import { startWebhookReceiver } from "../network/webhook-receiver.ts";

const MASTER = Buffer.from("a signing key of thirty-two bytes");
export const WEBHOOK_SECRET = `whsec_${MASTER.toString("base64")}`;
export const TASK_ID = "0123456789abcdef0123456789abcdef-default";

interface Payload {
  readonly url?: string;
  readonly endpointId?: string;
  readonly event?: string;
  readonly data?: unknown;
}

export type WebhookSettings = SettingValues<(typeof deliverWebhook)["settings"]>;

/** The handler's settings in a stack that sets only the secret. */
export const WEBHOOK_SETTINGS: WebhookSettings = {
  WEBHOOK_SIGNING_SECRET: [MASTER],
  WEBHOOK_SIGNATURES: ["v1"],
  WEBHOOK_SIGN_WITH_MASTER: false,
  WEBHOOK_ALLOWED_PORTS: [80, 443],
  WEBHOOK_DELIVERIES_PER_HOST: 6,
  WEBHOOK_ALLOW_PRIVATE_ADDRESSES: false,
};

/**
 * The webhook handler and a subscriber on loopback. Private addresses are allowed by default.
 *
 * The clock starts at the wall clock's time, which the standardwebhooks package uses.
 */
export async function setUpWebhooks(
  options: {
    allowPrivateAddresses?: boolean;
    resolve?: NameResolver;
    settings?: Partial<WebhookSettings>;
    answer?: (response: http.ServerResponse) => void;
  } = {},
) {
  const { answer, allowPrivateAddresses = true, settings, ...handlerOptions } = options;
  const receiver = await startWebhookReceiver(answer);
  onTestFinished(() => receiver.close());
  const clock = new VirtualClock();
  const abort = new AbortController();
  const url = `http://127.0.0.1:${receiver.port}/hooks?key=1`;
  const handler = createDeliverWebhook(handlerOptions).withSettings({
    ...WEBHOOK_SETTINGS,
    WEBHOOK_ALLOW_PRIVATE_ADDRESSES: allowPrivateAddresses,
    ...settings,
  });

  async function deliver(payload: Payload = {}): Promise<HandlerResult> {
    const prepared = handler.prepare({ url, event: "order.paid", data: { order: 7 }, ...payload });
    if (!prepared.ok) throw new Error(JSON.stringify(prepared.problems));
    return await prepared.run({
      signal: abort.signal,
      isCancelled: () => Promise.resolve(false),
      idempotencyKey: TASK_ID,
      attempt: 1,
      enqueuedAt: "2026-01-02T03:04:05.678Z",
      clock,
      log: createLogger({ service: "test", destination: { write: () => undefined } }),
    });
  }

  return { receiver, clock, abort, url, deliver };
}
