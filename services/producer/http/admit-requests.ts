import { createMiddleware } from "hono/factory";
import { type Producer, longestBody } from "../producer.ts";
import { overloaded } from "./failures.ts";
import type { ProducerEnv } from "./producer-env.ts";

/** Gives a request its place among those in flight, until its response is made; without one, it is answered 503. */
export function admitRequests(producer: Pick<Producer, "admission" | "maxPayloadBytes">) {
  return createMiddleware<ProducerEnv>(async (context, next) => {
    const slot = producer.admission.admit(context.req.raw.headers, longestBody(producer));
    if (!slot) return overloaded();
    context.set("slot", slot);
    try {
      return await next();
    } finally {
      slot.release();
    }
  });
}
