import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import { problemResponse } from "../../../shared/http/problem.ts";
import { accessResponses } from "../access/refusals.ts";
import { mayAct } from "../access/rules.ts";
import { inputProblem } from "../http/failures.ts";
import { jsonContent, sharedResponse } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { noParameters, readQuery } from "../http/query.ts";
import type { Producer } from "../producer.ts";
import { readSchedules } from "./change-schedule.ts";
import { describeSchedule, scheduleViewSchema } from "./schedule-view.ts";

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  200: jsonContent(
    "All schedules, in the order in which they are defined.",
    z.object({ items: z.array(scheduleViewSchema) }).openapi("ScheduleList"),
  ),
  400: sharedResponse("InvalidRequest"),
};

const route = createRoute({
  method: "get",
  path: "/v1/schedules",
  operationId: "listSchedules",
  tags: ["schedules"],
  summary: "List the schedules, with their next times",
  responses,
});

/** Adds `GET /v1/schedules`. */
export function addListSchedules(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(route, async (context) => {
    const query = readQuery(context, noParameters);
    if (query.kind === "invalid") return problemResponse(inputProblem(query.problems));
    const { nowMs, byName } = await readSchedules(producer);
    const withPayload = mayAct(context.get("caller"), "read payloads").allowed;
    const items = [...producer.registry.schedules.values()].map((schedule) => {
      const isOff = producer.schedules.off.has(schedule.name);
      return describeSchedule(schedule, { state: byName.get(schedule.name)?.state, isOff, nowMs, withPayload });
    });
    return Response.json({ items });
  });
}
