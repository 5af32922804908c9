import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import type { Clock } from "../../shared/clock.ts";
import type { Logger } from "../../shared/log.ts";
import type { ProducerEnv } from "./producer-env.ts";
import { cut } from "../../shared/error-fields.ts";

/** Logs one line a request: what was asked, by its route rather than by its path, and how it was answered. */
export function accessLog({ clock, log }: { readonly clock: Clock; readonly log: Logger }) {
  return createMiddleware<ProducerEnv>(async (context, next) => {
    const startMs = clock.now();
    await next();
    const taskId = context.get("taskId");
    log.info(
      {
        method: cut(context.req.method),
        route: routePath(context, -1),
        status: context.res.status,
        ms: clock.now() - startMs,
        ...(taskId === undefined ? {} : { taskId }),
      },
      "request answered",
    );
  });
}
