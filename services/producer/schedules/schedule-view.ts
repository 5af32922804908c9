import { z } from "@hono/zod-openapi";
import type { Schedule } from "../../../shared/schedules/schedule.ts";
import { taskPath } from "../tasks/status/task-view.ts";
import type { ScheduleState } from "./schedule-state.ts";

/** How many of the next times are shown. */
const NEXT_TIMES = 5;

/** A schedule as the API shows it. */
export const scheduleViewSchema = z
  .object({
    name: z.string(),
    cron: z
      .string()
      .openapi({ description: "Minute, hour, day of month, month and day of week, by the zone's clocks." }),
    timeZone: z.string(),
    type: z.string().openapi({ description: "The type of its tasks." }),
    catchUp: z.boolean().openapi({
      description: "Whether it makes up for every missed time, at most 100 of them. If not, only for the latest.",
    }),
    state: z.enum(["active", "paused", "off"]).openapi({
      description: "off: the setting handoff:schedulesOff lists it. It can be run by hand in any state.",
    }),
    nextAt: z.array(z.iso.datetime()).openapi({
      description: `When it is due next: ${NEXT_TIMES} times, and none while it is paused or off.`,
    }),
    lastFiredAt: z.iso.datetime().optional().openapi({
      description: "The last due time that fired. Missing if none has. Running it by hand doesn't count.",
    }),
    payload: z.unknown().optional().openapi({ description: "Its tasks' payload: any JSON. For operators only." }),
    links: z.object({
      lastTask: z.string().optional().openapi({ description: "The last task that it made." }),
    }),
  })
  .openapi("Schedule", {
    example: {
      name: "nightly-report",
      cron: "30 2 * * *",
      timeZone: "Europe/Berlin",
      type: "report.send",
      catchUp: false,
      state: "active",
      nextAt: [
        "2026-11-24T01:30:00.000Z",
        "2026-11-25T01:30:00.000Z",
        "2026-11-26T01:30:00.000Z",
        "2026-11-27T01:30:00.000Z",
        "2026-11-28T01:30:00.000Z",
      ],
      lastFiredAt: "2026-11-23T01:30:00.000Z",
      payload: { to: "ops@example.com" },
      links: { lastTask: "/v1/tasks/0a6dcbe0c1a84a1f9ad53b2f0e9d3c11-default" },
    },
  });

type ScheduleView = z.infer<typeof scheduleViewSchema>;

/**
 * Describes a schedule.
 *
 * @param on.state its state; undefined if it has none yet.
 * @param on.isOff whether this stack doesn't run it.
 * @param on.nowMs the time, in milliseconds since the epoch.
 */
export function describeSchedule(
  schedule: Schedule,
  on: {
    readonly state: ScheduleState | undefined;
    readonly isOff: boolean;
    readonly nowMs: number;
    readonly withPayload: boolean;
  },
): ScheduleView {
  const { name, cron, timeZone, task, catchUp, payload } = schedule;
  const { lastFiredAtMs = null, lastTaskId = null } = on.state ?? {};
  const state = on.isOff ? "off" : on.state?.isPaused ? "paused" : "active";
  return {
    name,
    cron,
    timeZone,
    type: task.type,
    catchUp,
    state,
    nextAt: state === "active" ? nextTimes(schedule, on.nowMs) : [],
    ...(lastFiredAtMs === null ? {} : { lastFiredAt: new Date(lastFiredAtMs).toISOString() }),
    ...(on.withPayload ? { payload: JSON.parse(payload.json) } : {}),
    links: lastTaskId === null ? {} : { lastTask: taskPath(lastTaskId) },
  };
}

function nextTimes({ timing }: Schedule, nowMs: number): string[] {
  const times: string[] = [];
  for (let at = timing.next(nowMs); at !== undefined && times.length < NEXT_TIMES; at = timing.next(at)) {
    times.push(new Date(at).toISOString());
  }
  return times;
}
