import { createMiddleware } from "hono/factory";
import { MAX_BATCH_BYTES, type Producer, longestBody } from "../producer.ts";
import { overloaded } from "./failures.ts";
import type { ProducerEnv } from "./producer-env.ts";

const BATCH = "/v1/tasks/batch";

/** Gives a request a slot until its response is ready. If none is free, responds with 503. */
export function admitRequests(producer: Pick<Producer, "admission" | "maxPayloadBytes">) {
  return createMiddleware<ProducerEnv>(async (context, next) => {
    const longest = context.req.path === BATCH ? MAX_BATCH_BYTES : longestBody(producer);
    const slot = producer.admission.admit(context.req.raw.headers, longest);
    if (!slot) return overloaded();
    context.set("slot", slot);
    try {
      return await next();
    } finally {
      slot.release();
    }
  });
}
