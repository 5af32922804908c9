import * as z from "zod";
import { defineTask } from "../contract/task-type.ts";

/** Writes `documents/{documentId}` unless it already has a higher version. */
export const publishDocument = defineTask({
  type: "document.publish",
  payload: z
    .strictObject({
      documentId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, "must be 1 to 100 letters, digits, _ or -"),
      version: z.int().nonnegative(),
      content: z.string(),
    })
    .meta({ examples: [{ documentId: "terms", version: 3, content: "…" }] }),
  queue: "bulk",
  idempotency: "natural",
  timeoutMs: 20_000,
  attempts: 10,
});
