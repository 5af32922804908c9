import { createHash } from "node:crypto";
import type { ChaosPayload } from "./task-types.ts";

/** Tells payloads apart, without the product's own hash. */
export function fingerprint({ n, script, beforeMs, afterMs, secret }: ChaosPayload): string {
  return createHash("sha1")
    .update(JSON.stringify([n, script, beforeMs, afterMs, secret]))
    .digest("hex");
}
