import { bindHandler, retryLater, snooze, succeeded } from "../../../../../services/worker/runner/handler.ts";
import { fetchReport } from "../tasks/report-fetch.ts";

/** Looks again every hour until the report is there. */
export const handleFetchReport = bindHandler(fetchReport, async ({ orderId }, { settings, signal }) => {
  const response = await fetch(`${settings.REPORTS_API_URL}/reports/${orderId}`, { signal });
  const report = await response.text();
  const { status } = response;
  if (status === 202) return snooze({ forMs: 3_600_000 });
  if (status >= 400) return retryLater({ code: "report_failed", message: `The service responded with ${status}.` });
  return succeeded({ characters: report.length });
});
