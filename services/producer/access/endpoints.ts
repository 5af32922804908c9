import type { OpenAPIHono } from "@hono/zod-openapi";
import { problemResponse } from "../../../shared/http/problem.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { type Action, mayAct } from "./rules.ts";

/** The action of each endpoint. A caller whose role doesn't allow it is refused before anything is read. */
export const ENDPOINTS: readonly (readonly [method: string, path: string, action: Action])[] = [
  ["POST", "/v1/tasks", "create tasks"],
  ["POST", "/v1/tasks/batch", "create tasks"],
  ["GET", "/v1/tasks/:id", "read tasks"],
  ["DELETE", "/v1/tasks/:id", "cancel tasks"],
  ["POST", "/v1/tasks/:id/run", "run tasks"],
  ["GET", "/v1/task-types", "read task types"],
  ["GET", "/v1/dead-letters", "read dead letters"],
  ["GET", "/v1/dead-letters/summary", "read dead letters"],
  ["GET", "/v1/dead-letters/:id", "read dead letters"],
  ["DELETE", "/v1/dead-letters/:id", "delete dead letters"],
  ["POST", "/v1/dead-letters/replay", "replay dead letters"],
  ["POST", "/v1/dead-letters/:id/replay", "replay dead letters"],
  ["GET", "/v1/queues", "read queues"],
  ["GET", "/v1/queues/:key", "read queues"],
  ["GET", "/v1/queues/:key/tasks", "read queues"],
  ["POST", "/v1/queues/:key/pause", "pause, resume or purge queues"],
  ["POST", "/v1/queues/:key/resume", "pause, resume or purge queues"],
  ["POST", "/v1/queues/:key/purge", "pause, resume or purge queues"],
  ["GET", "/v1/schedules", "read schedules"],
  ["POST", "/v1/schedules/:name/pause", "pause, resume or run schedules"],
  ["POST", "/v1/schedules/:name/resume", "pause, resume or run schedules"],
  ["POST", "/v1/schedules/:name/run", "pause, resume or run schedules"],
  ["GET", "/v1/throughput", "read throughput"],
  ["POST", "/v1/outbox/relay", "relay tasks"],
  ["POST", "/v1/tick", "do what is due"],
  ["GET", "/v1/me", "read own access"],
];

/** Refuses callers whose role doesn't allow an endpoint. Register it before the endpoints themselves. */
export function admitRoles(app: OpenAPIHono<ProducerEnv>): void {
  for (const [method, path, action] of ENDPOINTS) {
    app.on(method, path, async (context, next) => {
      const access = mayAct(context.get("caller"), action);
      return access.allowed ? await next() : problemResponse(access.problem);
    });
  }
}
