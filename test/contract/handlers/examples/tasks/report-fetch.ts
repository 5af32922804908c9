import * as z from "zod";
import { setting } from "../../../../../shared/contract/task-settings.ts";
import { defineTask } from "../../../../../shared/contract/task-type.ts";

/** Fetches an order's report, which the other side may still be writing. */
export const fetchReport = defineTask({
  type: "report.fetch",
  payload: z.strictObject({ orderId: z.string().regex(/^\w+$/) }),
  queue: "default",
  idempotency: "natural",
  timeoutMs: 20_000,
  attempts: 5,
  backoff: { firstMs: 30_000, factor: 4, maxMs: 3_600_000 },
  settings: { REPORTS_API_URL: setting({ schema: z.url(), local: "http://127.0.0.1:9002" }) },
});
