import { defineRegistry } from "../../../shared/contract/registry.ts";
import { defineSchedule } from "../../../shared/schedules/schedule.ts";
import { TEST_QUEUES } from "../registry/test-queues.ts";
import { TEST_REGISTRY, deliverWebhook } from "../registry/test-registry.ts";

const payload = { url: "https://example.com/hook", event: "day.began", data: null };
const common = { timeZone: "Europe/Berlin", task: deliverWebhook, payload } as const;

/** Every minute; every day at half past two in Berlin; and every hour, with missed times caught up. */
export const SCHEDULES = [
  defineSchedule({ ...common, name: "each-minute", cron: "* * * * *" }),
  defineSchedule({ ...common, name: "nightly", cron: "30 2 * * *" }),
  defineSchedule({ ...common, name: "hourly", cron: "0 * * * *", catchUp: true }),
] as const;

/** The tests' registry, with schedules. */
export const SCHEDULE_REGISTRY = defineRegistry({
  queues: TEST_QUEUES,
  taskTypes: TEST_REGISTRY.listed,
  schedules: SCHEDULES,
});
