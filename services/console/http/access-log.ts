import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { httpRequestField } from "../../../shared/runtime/log-fields.ts";
import type { Console } from "../console.ts";
import type { ConsoleEnv } from "./console-env.ts";

/** Logs one line per request: who requested which route (not the path), and what an action did. */
export function accessLog({ clock, log }: Pick<Console, "clock" | "log">) {
  return createMiddleware<ConsoleEnv>(async (context, next) => {
    const startMs = clock.monotonic();
    await next();
    const person = context.get("person")?.email;
    const [did, refusal] = [context.get("did"), context.get("refusal")];
    const tookMs = Math.round(clock.monotonic() - startMs);
    const { method } = context.req;
    log.info(
      {
        ...(person === undefined ? {} : { caller: person }),
        ...(did === undefined ? {} : { did }),
        ...(refusal === undefined ? {} : { refusal }),
        ...httpRequestField({ method, path: routePath(context, -1), status: context.res.status, tookMs }),
      },
      "request answered",
    );
  });
}
