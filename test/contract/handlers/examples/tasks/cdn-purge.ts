import * as z from "zod";
import { setting } from "../../../../../shared/contract/task-settings.ts";
import { defineTask } from "../../../../../shared/contract/task-type.ts";

/** Removes a page from the CDN's cache. */
export const purgePage = defineTask({
  type: "cdn.purge",
  payload: z.strictObject({ path: z.string().startsWith("/") }),
  queue: "bulk",
  idempotency: "natural",
  timeoutMs: 10_000,
  attempts: 5,
  settings: { CDN_API_URL: setting({ schema: z.url(), local: "http://127.0.0.1:9001" }) },
});
