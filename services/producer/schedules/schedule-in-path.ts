import type { Context } from "hono";
import { problemResponse } from "../../../shared/http/problem.ts";
import type { Schedule } from "../../../shared/schedules/schedule.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import type { Producer } from "../producer.ts";

/** The path's parameter, for the OpenAPI document. */
export const SCHEDULE_NAME_PARAMETER = {
  name: "name",
  in: "path",
  required: true,
  description: "The schedule's name.",
  schema: { type: "string" },
  example: "nightly-report",
} as const;

export const NO_SUCH_SCHEDULE = "There is no schedule with this name.";

/** The schedule in a request's path; undefined if it doesn't exist. */
export function scheduleInPath(
  context: Context<ProducerEnv>,
  { registry }: Pick<Producer, "registry">,
): Schedule | undefined {
  return registry.schedules.get(context.req.param("name") ?? "");
}

/** The response for an unknown schedule name. */
export function noSuchSchedule({ registry }: Pick<Producer, "registry">): Response {
  const names = [...registry.schedules.keys()].join(", ");
  const detail = `${NO_SUCH_SCHEDULE} ${names === "" ? "None are defined." : `The schedules are ${names}.`}`;
  return problemResponse({ status: 404, title: "Not found", code: "schedule-not-found", detail });
}
