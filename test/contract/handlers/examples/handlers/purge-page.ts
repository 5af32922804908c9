import { bindHandler, retryLater, saturated, succeeded } from "../../../../../services/worker/runner/handler.ts";
import { purgePage } from "../tasks/cdn-purge.ts";

/** Purging a page twice does no harm. The CDN's rate limit concerns every task of the queue. */
export const handlePurgePage = bindHandler(purgePage, async ({ path }, { settings, signal }) => {
  const response = await fetch(`${settings.CDN_API_URL}/cache${path}`, { method: "DELETE", signal });
  await response.body?.cancel();
  const { status } = response;
  if (status === 429) return saturated({ code: "cdn_busy", message: "The CDN limits our rate.", retryAfterMs: 60_000 });
  if (status >= 400) return retryLater({ code: "cdn_failed", message: `The CDN responded with ${status}.` });
  return succeeded();
});
