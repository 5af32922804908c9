import { createMiddleware } from "hono/factory";
import type { ProducerEnv } from "../http/producer-env.ts";
import type { Producer } from "../producer.ts";
import { refuseCaller, refuseRate } from "./refusals.ts";

/** Records who sent a request. Refuses it if that is unknown, or if the caller has sent too many. */
export function identifyCaller({ identify, callerRate }: Pick<Producer, "identify" | "callerRate">) {
  return createMiddleware<ProducerEnv>(async (context, next) => {
    const identified = await identify(context.req.raw.headers);
    if (identified.kind !== "identified") {
      context.set("refusal", identified.kind === "keys-unavailable" ? identified.kind : identified.reason);
      if ("who" in identified) context.set("refused", identified.who);
      return refuseCaller(identified);
    }
    const { caller } = identified;
    context.set("caller", caller);
    const waitMs = callerRate?.take(caller.email);
    return waitMs === undefined ? await next() : refuseRate(waitMs);
  });
}
