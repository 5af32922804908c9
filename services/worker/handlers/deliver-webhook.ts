import { Webhook } from "standardwebhooks";
import { deliverWebhook } from "../../../shared/tasks/webhook-deliver.ts";
import {
  bindHandler,
  failPermanently,
  type HandlerContext,
  type HandlerResult,
  retryLater,
  succeeded,
} from "../runner/handler.ts";
import { postWebhook, type PostResult } from "./webhook/post-webhook.ts";
import { type Resolve, systemResolve } from "./webhook/public-address.ts";
import { retryAfterMsOf } from "../../../shared/http/retry-after.ts";

/** Client errors after which the next attempt may succeed: timeout, conflict, too early, too many requests. */
const TRANSIENT_CLIENT_ERRORS = new Set([408, 409, 425, 429]);

/**
 * Delivers webhooks: one signed POST per attempt, with the task's id as `webhook-id`, so that a subscriber can tell a
 * repeated delivery from a new one (https://www.standardwebhooks.com).
 *
 * @param options.resolve how names resolve to addresses; default: the system's resolver.
 */
export function createDeliverWebhook({ resolve = systemResolve }: { readonly resolve?: Resolve } = {}) {
  return bindHandler(deliverWebhook, async (payload, context) => {
    const url = new URL(payload.url);
    if (url.username !== "" || url.password !== "") {
      return failPermanently({
        code: "url_credentials",
        message: "The subscriber's URL contains a user name or password.",
      });
    }
    const { event: type, data } = payload;
    const { WEBHOOK_SIGNING_SECRET: secret, WEBHOOK_ALLOW_PRIVATE_ADDRESSES: allowPrivateAddresses } = context.settings;
    const body = JSON.stringify({ type, timestamp: context.enqueuedAt, data });
    const post = { url, headers: signedHeaders(secret, body, context), body, signal: context.signal };
    const result = await postWebhook(post, { clock: context.clock, resolve, allowPrivateAddresses });
    return judge(result, context.clock.now());
  });
}

function signedHeaders(
  secret: string,
  body: string,
  context: Pick<HandlerContext, "clock" | "idempotencyKey">,
): Record<string, string> {
  const attemptedAtMs = context.clock.now();
  return {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "user-agent": "Handoff/1",
    "webhook-id": context.idempotencyKey,
    "webhook-timestamp": String(Math.floor(attemptedAtMs / 1_000)),
    "webhook-signature": new Webhook(secret).sign(context.idempotencyKey, new Date(attemptedAtMs), body),
  };
}

function judge(result: PostResult, nowMs: number): HandlerResult {
  switch (result.kind) {
    case "answered":
      return judgeAnswer(result.status, retryAfterMsOf(result.retryAfter, nowMs));
    case "refused":
      return failPermanently({
        code: "address_refused",
        message: "The subscriber's host has an address that is not on the public Internet.",
      });
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
