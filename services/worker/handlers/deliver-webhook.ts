import type { Endpoint } from "../../../shared/auth/endpoint-keys.ts";
import { retryAfterMsOf } from "../../../shared/http/retry-after.ts";
import { createNameResolver, type NameResolver } from "../../../shared/network/name-resolver.ts";
import { deliverWebhook } from "../../../shared/tasks/webhook-deliver.ts";
import {
  bindHandler,
  failPermanently,
  type HandlerContext,
  type HandlerResult,
  retryLater,
  succeeded,
} from "../runner/handler.ts";
import { DeliverySlots } from "./webhook/delivery-slots.ts";
import { postWebhook, type PostResult } from "./webhook/post-webhook.ts";
import { signatures } from "./webhook/sign.ts";

/** Client errors after which the next attempt may succeed: timeout, conflict, too early, too many requests. */
const TRANSIENT_CLIENT_ERRORS = new Set([408, 409, 425, 429]);

/** How long before the end of its attempt's time a delivery ends by itself. */
const TIME_TO_RETURN_MS = 2_000;

/**
 * Delivers webhooks: one signed POST per attempt, with the task's id as `webhook-id`, so that a subscriber can tell a
 * repeated delivery from a new one (https://www.standardwebhooks.com).
 *
 * @param options.resolve how names resolve to addresses; default: by the hosts file and DNS.
 */
export function createDeliverWebhook({ resolve = createNameResolver() }: { readonly resolve?: NameResolver } = {}) {
  const slots = new DeliverySlots();
  return bindHandler(deliverWebhook, async (payload, context) => {
    const url = new URL(payload.url);
    const { settings, clock } = context;
    const body = JSON.stringify({ type: payload.event, timestamp: context.enqueuedAt, data: payload.data });
    const headers = () => signedHeaders(payload, body, context);
    const rules = {
      allowPrivateAddresses: settings.WEBHOOK_ALLOW_PRIVATE_ADDRESSES,
      allowedPorts: settings.WEBHOOK_ALLOWED_PORTS,
    };
    const network = { clock, resolve, slots, perHost: settings.WEBHOOK_DELIVERIES_PER_HOST, rules };
    const result = await withinTime(context, (signal) => postWebhook({ url, headers, body, signal }, network));
    return judge(result, clock.now());
  });
}

/**
 * Ends a webhook's delivery a little before its attempt's time is up. Then it asks for a retry, which concerns its own
 * task. An attempt that is timed out gets 500 instead, and many of those slow the whole queue.
 */
async function withinTime(
  { clock, signal }: Pick<HandlerContext, "clock" | "signal">,
  post: (signal: AbortSignal) => Promise<PostResult>,
): Promise<PostResult> {
  const timeUp = new AbortController();
  const timer = clock.setTimer(deliverWebhook.timeoutMs - TIME_TO_RETURN_MS, () => timeUp.abort());
  try {
    const result = await post(AbortSignal.any([signal, timeUp.signal]));
    const isTimeUp = result.kind === "no-answer" && timeUp.signal.aborted && !signal.aborted;
    return isTimeUp ? { kind: "no-answer", code: "response_timeout" } : result;
  } finally {
    timer.cancel();
  }
}

/** Why nothing is sent, now or later. */
const REFUSALS = {
  address_refused: {
    code: "address_refused",
    message: "The subscriber's host has an address that is not on the public Internet.",
  },
  port_refused: {
    code: "port_refused",
    message: "The subscriber's port is not among WEBHOOK_ALLOWED_PORTS.",
  },
} as const;

function signedHeaders(
  endpoint: Endpoint,
  body: string,
  { clock, idempotencyKey: id, settings }: HandlerContext<typeof deliverWebhook>,
): Record<string, string> {
  const timestampS = Math.floor(clock.now() / 1_000);
  const signing = {
    masters: settings.WEBHOOK_SIGNING_SECRET,
    schemes: settings.WEBHOOK_SIGNATURES,
    signsWithMaster: settings.WEBHOOK_SIGN_WITH_MASTER,
  };
  return {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "user-agent": "Handoff/1",
    "webhook-id": id,
    "webhook-timestamp": String(timestampS),
    "webhook-signature": signatures(signing, endpoint, { id, timestampS, body }),
  };
}

function judge(result: PostResult, nowMs: number): HandlerResult {
  switch (result.kind) {
    case "answered":
      return judgeAnswer(result.status, retryAfterMsOf(result.retryAfter, nowMs));
    case "busy":
      return retryLater({
        code: "host_busy",
        message: "As many deliveries to the subscriber's host as may be are under way.",
      });
    case "refused":
      return failPermanently(REFUSALS[result.code]);
    case "no-answer":
      return retryLater({ code: result.code, message: `The subscriber did not respond: ${result.code}.` });
  }
}

function judgeAnswer(status: number, retryAfterMs: number | undefined): HandlerResult {
  if (status >= 200 && status < 300) return succeeded({ status });
  if (status >= 400 && status < 500 && !TRANSIENT_CLIENT_ERRORS.has(status)) {
    return failPermanently({ code: "rejected", message: `The subscriber answered ${status}.` });
  }
  return retryLater({ ...failureOf(status), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}

/** Redirects are retried: most come from a sign-in page or a mistake in a deployment, and those pass. */
function failureOf(status: number): { code: string; message: string } {
  const redirected = status >= 300 && status < 400;
  return redirected
    ? { code: "redirected", message: `The subscriber answered ${status}; redirects are not followed.` }
    : { code: "unavailable", message: `The subscriber answered ${status}.` };
}
