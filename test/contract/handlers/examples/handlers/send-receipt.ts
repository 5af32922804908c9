import { sendReceipt } from "../tasks/receipt-send.ts";
import { bindHandler, failPermanently, retryLater, succeeded } from "../../../../../services/worker/runner/handler.ts";

/** Asks the mail service to send the receipt. The service deduplicates by the key. */
export const handleSendReceipt = bindHandler(sendReceipt, async (payload, context) => {
  const { settings, idempotencyKey, signal, log } = context;
  const response = await fetch(`${settings.MAIL_API_URL}/receipts`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${settings.MAIL_API_KEY}`,
      "content-type": "application/json",
      "idempotency-key": idempotencyKey,
    },
    body: JSON.stringify(payload),
    signal,
  });
  await response.body?.cancel();
  const { status } = response;
  log.info({ status }, "the mail service responded");
  const error = { code: "mail_refused", message: `The mail service responded with ${status}.` };
  if (status < 300) return succeeded({ status });
  if (status === 429 || status === 503) return retryLater({ ...error, retryAfterMs: 30_000 });
  return status >= 500 ? retryLater(error) : failPermanently(error);
});
