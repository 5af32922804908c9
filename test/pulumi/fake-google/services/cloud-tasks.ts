import { fieldsOf } from "../call.ts";
import { type Service, collection, idInBody } from "../collection.ts";

const LIMITS = { maxDispatchesPerSecond: 500, maxBurstSize: 100, maxConcurrentDispatches: 1000 };
const RETRIES = { maxAttempts: 100, minBackoff: "0.100s", maxBackoff: "3600s", maxDoublings: 16 };

const queues = collection({
  product: "tasks",
  pattern: "projects/*/locations/*/queues",
  idOf: idInBody("name"),
  fill: ({ body }) => ({
    state: "RUNNING",
    ...body,
    rateLimits: { ...LIMITS, ...fieldsOf(body["rateLimits"]) },
    retryConfig: { ...RETRIES, ...fieldsOf(body["retryConfig"]) },
  }),
});

/** https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues/pause, and resume. */
const pausing: Service = ({ product, name, verb }, world) => {
  const key = `${product}/${name}`;
  if (product !== "tasks" || !["pause", "resume"].includes(verb)) return undefined;
  return world.put(key, { ...world.get(key), state: verb === "pause" ? "PAUSED" : "RUNNING" });
};

export const cloudTasks: readonly Service[] = [queues, pausing];
