import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { shorten } from "../../../shared/process/cut.ts";
import { MAX_LOGGED_CHARACTERS } from "../../../shared/runtime/error-fields.ts";
import { callerFields, httpRequestField, taskLabels, traceFields } from "../../../shared/runtime/log-fields.ts";
import type { Producer } from "../producer.ts";
import type { ProducerEnv } from "./producer-env.ts";

/** Logs one line per request: who requested which route (not the path), and the response. */
export function accessLog({ clock, log, project }: Pick<Producer, "clock" | "log" | "project">) {
  return createMiddleware<ProducerEnv>(async (context, next) => {
    const startMs = clock.monotonic();
    await next();
    const taskId = context.get("taskId");
    const tookMs = Math.round(clock.monotonic() - startMs);
    const method = shorten(context.req.method, MAX_LOGGED_CHARACTERS);
    const route = routePath(context, -1);
    const { status } = context.res;
    const refusal = context.get("refusal");
    log.info(
      {
        ...callerFields(context.get("caller") ?? context.get("refused")),
        ...(refusal === undefined ? {} : { refusal }),
        ...(taskId === undefined ? {} : { taskId, ...taskLabels({ id: taskId }) }),
        ...traceFields(context.get("span")?.spanContext(), project),
        ...httpRequestField({ method, path: route, status, tookMs }),
      },
      "request answered",
    );
  });
}
