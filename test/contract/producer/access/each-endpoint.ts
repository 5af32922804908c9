import type { ACCOUNTS } from "../../../harness/auth/callers.ts";
import { CLAIMED, NATURAL } from "../../../harness/producer/producer-harness.ts";

const json = (body: object): RequestInit => {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
};
export const A_TASK = `/v1/tasks/${"0".repeat(32)}-default`;

/** About a document that isn't in the outbox. */
const EVENT: RequestInit = {
  method: "POST",
  headers: { "content-type": "application/protobuf", "ce-type": "google.cloud.firestore.document.v1.created" },
  body: "\0",
};

/** A webhook and a document, of which a caller may create both, one or none. */
const BATCH = { tasks: [CLAIMED, NATURAL].map((task, index) => ({ ...task, idempotencyKey: `k${index}` })) };
export const CREATED_BY_BATCHES = 2 + 1 + 2;

/** Who asks, in the order of the statuses below. */
export const WHO = [
  "caller",
  "caller of webhooks",
  "viewer",
  "operator",
  "worker",
  "invoker",
  "producer",
  "console",
  "nobody",
] as const satisfies readonly (keyof typeof ACCOUNTS | "nobody")[];

/**
 * Each endpoint, and each way to use it that a role may or may not have, with the statuses of its responses. The tasks and
 * letters don't exist.
 */
export const REQUESTS: Readonly<
  Record<string, readonly [path: string, init: RequestInit, statuses: readonly number[]]>
> = {
  "POST /v1/tasks, a webhook": ["/v1/tasks", json(CLAIMED), [202, 202, 403, 202, 403, 403, 403, 403, 401]],
  "POST /v1/tasks, a document": ["/v1/tasks", json(NATURAL), [202, 403, 403, 202, 403, 403, 403, 403, 401]],
  "POST /v1/tasks, not valid": ["/v1/tasks", json({}), [400, 400, 403, 400, 403, 403, 403, 403, 401]],
  "POST /v1/tasks/batch": ["/v1/tasks/batch", json(BATCH), [200, 200, 403, 200, 403, 403, 403, 403, 401]],
  "POST /v1/tasks/batch, not valid": ["/v1/tasks/batch", json({}), [400, 400, 403, 400, 403, 403, 403, 403, 401]],
  "GET /v1/tasks/{id}, its payload": [`${A_TASK}?include=payload`, {}, [403, 403, 403, 404, 403, 403, 403, 403, 401]],
  "GET /v1/tasks/{id}, waiting": [`${A_TASK}?waitSeconds=1`, {}, [404, 404, 404, 404, 403, 403, 403, 403, 401]],
  "GET /v1/task-types": ["/v1/task-types", {}, [200, 200, 200, 200, 403, 403, 403, 403, 401]],
  "GET /v1/tasks/{id}": [A_TASK, {}, [404, 404, 404, 404, 403, 403, 403, 403, 401]],
  "HEAD /v1/tasks/{id}": [A_TASK, { method: "HEAD" }, [404, 404, 404, 404, 403, 403, 403, 403, 401]],
  "DELETE /v1/tasks/{id}": [A_TASK, { method: "DELETE" }, [404, 404, 403, 404, 403, 403, 403, 403, 401]],
  "POST /v1/tasks/{id}/run": [`${A_TASK}/run`, { method: "POST" }, [404, 404, 403, 404, 403, 403, 403, 403, 401]],
  "GET /v1/dead-letters": ["/v1/dead-letters", {}, [403, 403, 200, 200, 403, 403, 403, 403, 401]],
  "GET /v1/dead-letters/summary": ["/v1/dead-letters/summary", {}, [403, 403, 200, 200, 403, 403, 403, 403, 401]],
  "GET /v1/dead-letters/{id}": ["/v1/dead-letters/none", {}, [403, 403, 404, 404, 403, 403, 403, 403, 401]],
  "GET /v1/dead-letters/{id}, its payload": [
    "/v1/dead-letters/none?include=payload",
    {},
    [403, 403, 403, 404, 403, 403, 403, 403, 401],
  ],
  "DELETE /v1/dead-letters/{id}": [
    "/v1/dead-letters/none",
    { method: "DELETE" },
    [403, 403, 403, 404, 403, 403, 403, 403, 401],
  ],
  "POST /v1/dead-letters/replay": [
    "/v1/dead-letters/replay",
    json({ filter: {} }),
    [403, 403, 403, 200, 403, 403, 403, 403, 401],
  ],
  "POST /v1/dead-letters/{id}/replay": [
    "/v1/dead-letters/none/replay",
    { method: "POST" },
    [403, 403, 403, 404, 403, 403, 403, 403, 401],
  ],
  "GET /v1/queues": ["/v1/queues", {}, [403, 403, 200, 200, 403, 403, 403, 403, 401]],
  "GET /v1/queues/{key}": ["/v1/queues/none", {}, [403, 403, 404, 404, 403, 403, 403, 403, 401]],
  "GET /v1/queues/{key}/tasks": ["/v1/queues/bulk/tasks", {}, [403, 403, 200, 200, 403, 403, 403, 403, 401]],
  "POST /v1/queues/{key}/pause": [
    "/v1/queues/bulk/pause",
    { method: "POST" },
    [403, 403, 403, 200, 403, 403, 403, 403, 401],
  ],
  "POST /v1/queues/{key}/resume": [
    "/v1/queues/none/resume",
    { method: "POST" },
    [403, 403, 403, 404, 403, 403, 403, 403, 401],
  ],
  "POST /v1/queues/{key}/purge": [
    "/v1/queues/bulk/purge",
    json({ queue: "default" }),
    [403, 403, 403, 409, 403, 403, 403, 403, 401],
  ],
  "POST /v1/queues/{key}/purge, not valid": [
    "/v1/queues/bulk/purge",
    json({}),
    [403, 403, 403, 400, 403, 403, 403, 403, 401],
  ],
  "GET /v1/schedules": ["/v1/schedules", {}, [403, 403, 200, 200, 403, 403, 403, 403, 401]],
  "POST /v1/schedules/{name}/pause": [
    "/v1/schedules/none/pause",
    { method: "POST" },
    [403, 403, 403, 404, 403, 403, 403, 403, 401],
  ],
  "POST /v1/schedules/{name}/resume": [
    "/v1/schedules/none/resume",
    { method: "POST" },
    [403, 403, 403, 404, 403, 403, 403, 403, 401],
  ],
  "POST /v1/schedules/{name}/run": [
    "/v1/schedules/none/run",
    { method: "POST" },
    [403, 403, 403, 404, 403, 403, 403, 403, 401],
  ],
  "GET /v1/throughput": ["/v1/throughput?minutes=0", {}, [403, 403, 400, 400, 403, 403, 403, 403, 401]],
  "POST /v1/outbox/relay, ids": [
    "/v1/outbox/relay",
    json({ ids: ["no-entry"] }),
    [204, 204, 403, 204, 204, 403, 403, 403, 401],
  ],
  "POST /v1/outbox/relay, not valid": ["/v1/outbox/relay", json({}), [400, 400, 403, 400, 400, 403, 403, 403, 401]],
  "POST /v1/outbox/relay, an event": ["/v1/outbox/relay", EVENT, [204, 204, 403, 204, 204, 403, 403, 403, 401]],
  "POST /v1/tick": ["/v1/tick", { method: "POST" }, [403, 403, 403, 200, 200, 403, 403, 403, 401]],
  "GET /v1/me": ["/v1/me", {}, [200, 200, 200, 200, 200, 200, 200, 200, 401]],
  "GET /live": ["/live", {}, [200, 200, 200, 200, 200, 200, 200, 200, 200]],
  "GET /ready": ["/ready", {}, [200, 200, 200, 200, 200, 200, 200, 200, 200]],
  "GET /openapi.json": ["/openapi.json", {}, [200, 200, 200, 200, 200, 200, 200, 200, 200]],
};
