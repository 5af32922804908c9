import { type OpenAPIHono, type RouteConfig, createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { accessResponses } from "../access/refusals.ts";
import { mayAct } from "../access/rules.ts";
import { jsonContent, problemContent } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import type { Producer } from "../producer.ts";
import { changeSchedule } from "./change-schedule.ts";
import { NO_SUCH_SCHEDULE, SCHEDULE_NAME_PARAMETER, noSuchSchedule, scheduleInPath } from "./schedule-in-path.ts";
import { describeSchedule, scheduleViewSchema } from "./schedule-view.ts";

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  200: jsonContent("Done. The response shows the schedule as it is now.", scheduleViewSchema),
  404: problemContent(NO_SUCH_SCHEDULE),
  503: problemContent("It may or may not have been done; see Retry-After, and repeat the request."),
};

const pauseRoute = createRoute({
  method: "post",
  path: "/v1/schedules/{name}/pause",
  operationId: "pauseSchedule",
  tags: ["schedules"],
  summary: "Pause a schedule",
  description: "It makes no tasks until it is resumed. Tasks that it has already made still run.",
  parameters: [SCHEDULE_NAME_PARAMETER],
  responses,
});

const resumeRoute = createRoute({
  method: "post",
  path: "/v1/schedules/{name}/resume",
  operationId: "resumeSchedule",
  tags: ["schedules"],
  summary: "Resume a schedule",
  description: "It starts again from now. Times that were due while it was paused aren't made up for.",
  parameters: [SCHEDULE_NAME_PARAMETER],
  responses,
});

/** `POST /v1/schedules/{name}/pause` and `/resume`. */
export function addPauseSchedule(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(pauseRoute, async (context) => await change("pause", context, producer));
  app.openapi(resumeRoute, async (context) => await change("resume", context, producer));
}

async function change(to: "pause" | "resume", context: Context<ProducerEnv>, producer: Producer): Promise<Response> {
  const schedule = scheduleInPath(context, producer);
  if (!schedule) return noSuchSchedule(producer);
  const caller = context.get("caller");
  producer.log.info({ schedule: schedule.name, change: to, caller: caller.email }, "a schedule is changed");
  const { read, nowMs } = await producer.inFlight.track(changeSchedule(schedule, to, producer));
  const isOff = producer.schedules.off.has(schedule.name);
  const withPayload = mayAct(caller, "read payloads").allowed;
  return Response.json(describeSchedule(schedule, { state: read?.state, isOff, nowMs, withPayload }));
}
