import { expect, it } from "vitest";
import { ENDPOINTS } from "../../../../services/producer/access/endpoints.ts";
import { ACCOUNTS, bearerOf, setUpCallers } from "../../../harness/auth/callers.ts";
import { CLAIMED, NATURAL, setUpProducer } from "../../../harness/producer/producer-harness.ts";

const json = (body: object): RequestInit => {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
};
const A_TASK = `/v1/tasks/${"0".repeat(32)}-default`;

/** About a document that isn't in the outbox. */
const EVENT: RequestInit = {
  method: "POST",
  headers: { "content-type": "application/protobuf", "ce-type": "google.cloud.firestore.document.v1.created" },
  body: "\0",
};

/** A webhook and a document, of which a caller may create both, one or none. */
const BATCH = { tasks: [CLAIMED, NATURAL].map((task, index) => ({ ...task, idempotencyKey: `k${index}` })) };
const CREATED_BY_BATCHES = 2 + 1 + 2;

/** Who asks, in the order of the statuses below. */
const WHO = [
  "caller",
  "caller of webhooks",
  "viewer",
  "operator",
  "worker",
  "invoker",
  "producer",
  "nobody",
] as const satisfies readonly (keyof typeof ACCOUNTS | "nobody")[];

/**
 * Each endpoint, and each way to use it that a role may or may not have, with the statuses of its responses. The tasks and
 * letters don't exist.
 */
const REQUESTS: Readonly<Record<string, readonly [path: string, init: RequestInit, statuses: readonly number[]]>> = {
  "POST /v1/tasks, a webhook": ["/v1/tasks", json(CLAIMED), [202, 202, 403, 202, 403, 403, 403, 401]],
  "POST /v1/tasks, a document": ["/v1/tasks", json(NATURAL), [202, 403, 403, 202, 403, 403, 403, 401]],
  "POST /v1/tasks, not valid": ["/v1/tasks", json({}), [400, 400, 403, 400, 403, 403, 403, 401]],
  "POST /v1/tasks/batch": ["/v1/tasks/batch", json(BATCH), [200, 200, 403, 200, 403, 403, 403, 401]],
  "POST /v1/tasks/batch, not valid": ["/v1/tasks/batch", json({}), [400, 400, 403, 400, 403, 403, 403, 401]],
  "GET /v1/tasks/{id}, its payload": [`${A_TASK}?include=payload`, {}, [403, 403, 403, 404, 403, 403, 403, 401]],
  "GET /v1/tasks/{id}, waiting": [`${A_TASK}?waitSeconds=1`, {}, [404, 404, 404, 404, 403, 403, 403, 401]],
  "GET /v1/task-types": ["/v1/task-types", {}, [200, 200, 200, 200, 403, 403, 403, 401]],
  "GET /v1/tasks/{id}": [A_TASK, {}, [404, 404, 404, 404, 403, 403, 403, 401]],
  "HEAD /v1/tasks/{id}": [A_TASK, { method: "HEAD" }, [404, 404, 404, 404, 403, 403, 403, 401]],
  "DELETE /v1/tasks/{id}": [A_TASK, { method: "DELETE" }, [404, 404, 403, 404, 403, 403, 403, 401]],
  "POST /v1/tasks/{id}/run": [`${A_TASK}/run`, { method: "POST" }, [404, 404, 403, 404, 403, 403, 403, 401]],
  "GET /v1/dead-letters": ["/v1/dead-letters", {}, [403, 403, 200, 200, 403, 403, 403, 401]],
  "GET /v1/dead-letters/summary": ["/v1/dead-letters/summary", {}, [403, 403, 200, 200, 403, 403, 403, 401]],
  "GET /v1/dead-letters/{id}": ["/v1/dead-letters/none", {}, [403, 403, 404, 404, 403, 403, 403, 401]],
  "GET /v1/dead-letters/{id}, its payload": [
    "/v1/dead-letters/none?include=payload",
    {},
    [403, 403, 403, 404, 403, 403, 403, 401],
  ],
  "DELETE /v1/dead-letters/{id}": [
    "/v1/dead-letters/none",
    { method: "DELETE" },
    [403, 403, 403, 404, 403, 403, 403, 401],
  ],
  "POST /v1/dead-letters/replay": [
    "/v1/dead-letters/replay",
    json({ filter: {} }),
    [403, 403, 403, 200, 403, 403, 403, 401],
  ],
  "POST /v1/dead-letters/{id}/replay": [
    "/v1/dead-letters/none/replay",
    { method: "POST" },
    [403, 403, 403, 404, 403, 403, 403, 401],
  ],
  "GET /v1/queues": ["/v1/queues", {}, [403, 403, 200, 200, 403, 403, 403, 401]],
  "GET /v1/queues/{key}": ["/v1/queues/none", {}, [403, 403, 404, 404, 403, 403, 403, 401]],
  "GET /v1/queues/{key}/tasks": ["/v1/queues/bulk/tasks", {}, [403, 403, 200, 200, 403, 403, 403, 401]],
  "POST /v1/queues/{key}/pause": [
    "/v1/queues/bulk/pause",
    { method: "POST" },
    [403, 403, 403, 200, 403, 403, 403, 401],
  ],
  "POST /v1/queues/{key}/resume": [
    "/v1/queues/none/resume",
    { method: "POST" },
    [403, 403, 403, 404, 403, 403, 403, 401],
  ],
  "POST /v1/queues/{key}/purge": [
    "/v1/queues/bulk/purge",
    json({ queue: "default" }),
    [403, 403, 403, 409, 403, 403, 403, 401],
  ],
  "POST /v1/queues/{key}/purge, not valid": [
    "/v1/queues/bulk/purge",
    json({}),
    [403, 403, 403, 400, 403, 403, 403, 401],
  ],
  "GET /v1/schedules": ["/v1/schedules", {}, [403, 403, 200, 200, 403, 403, 403, 401]],
  "POST /v1/schedules/{name}/pause": [
    "/v1/schedules/none/pause",
    { method: "POST" },
    [403, 403, 403, 404, 403, 403, 403, 401],
  ],
  "POST /v1/schedules/{name}/resume": [
    "/v1/schedules/none/resume",
    { method: "POST" },
    [403, 403, 403, 404, 403, 403, 403, 401],
  ],
  "POST /v1/schedules/{name}/run": [
    "/v1/schedules/none/run",
    { method: "POST" },
    [403, 403, 403, 404, 403, 403, 403, 401],
  ],
  "GET /v1/throughput": ["/v1/throughput?minutes=0", {}, [403, 403, 400, 400, 403, 403, 403, 401]],
  "POST /v1/outbox/relay, ids": [
    "/v1/outbox/relay",
    json({ ids: ["no-entry"] }),
    [204, 204, 403, 204, 204, 403, 403, 401],
  ],
  "POST /v1/outbox/relay, not valid": ["/v1/outbox/relay", json({}), [400, 400, 403, 400, 400, 403, 403, 401]],
  "POST /v1/outbox/relay, an event": ["/v1/outbox/relay", EVENT, [204, 204, 403, 204, 204, 403, 403, 401]],
  "POST /v1/tick": ["/v1/tick", { method: "POST" }, [403, 403, 403, 200, 200, 403, 403, 401]],
  "GET /v1/me": ["/v1/me", {}, [200, 200, 200, 200, 200, 200, 200, 401]],
  "GET /live": ["/live", {}, [200, 200, 200, 200, 200, 200, 200, 200]],
  "GET /ready": ["/ready", {}, [200, 200, 200, 200, 200, 200, 200, 200]],
  "GET /openapi.json": ["/openapi.json", {}, [200, 200, 200, 200, 200, 200, 200, 200]],
};

it("lets each role use what it may, and nothing else", async () => {
  const { access } = await setUpCallers();
  const producer = await setUpProducer({ access });
  const sendAs = async (authorization: string | undefined, path: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (authorization !== undefined) headers.set("authorization", authorization);
    const response = await fetch(`${producer.url}${path}`, { ...init, headers });
    await response.text();
    return response;
  };

  const found = new Map<string, number[]>();
  for (const [request, [path, init]] of Object.entries(REQUESTS)) {
    const statuses: number[] = [];
    for (const who of WHO) {
      const authorization = who === "nobody" ? undefined : bearerOf(ACCOUNTS[who]);
      statuses.push((await sendAs(authorization, path, init)).status);
    }
    found.set(request, statuses);
  }

  expect(new Set(WHO)).toEqual(new Set([...Object.keys(ACCOUNTS), "nobody"]));
  const expected = Object.entries(REQUESTS).map(([request, [, , statuses]]) => [request, statuses] as const);
  expect([...found]).toEqual(expected);
  // Only those that were answered 202 made a task, and those in a batch.
  const accepted = expected.flatMap(([, statuses]) => statuses).filter((status) => status === 202);
  expect(producer.calls("CreateTask")).toBe(accepted.length + CREATED_BY_BATCHES);
});

it("tells an account who it is here, and what its role may do", async () => {
  const { access } = await setUpCallers();
  const producer = await setUpProducer({ access });
  const me = async (email: string) =>
    (await producer.send("/v1/me", { headers: { authorization: bearerOf(email) } })).body;

  expect(await me(ACCOUNTS["caller of webhooks"])).toEqual({
    email: ACCOUNTS["caller of webhooks"],
    role: "caller",
    types: ["webhook.*"],
    actions: expect.arrayContaining(["create tasks", "read tasks", "relay tasks", "read own access"]),
  });
  expect(await me(ACCOUNTS.invoker)).toEqual({ email: ACCOUNTS.invoker, role: "none", actions: ["read own access"] });
  const viewer: unknown = await me(ACCOUNTS.viewer);
  expect(viewer).toMatchObject({ role: "viewer" });
  expect(viewer).not.toHaveProperty("types");
});

it("says in a 403 who may do it instead", async () => {
  const { access } = await setUpCallers();
  const producer = await setUpProducer({ access });
  const detailFor = async (email: string, task: object): Promise<string> => {
    const response = await producer.post(JSON.stringify(task), { authorization: bearerOf(email) });
    expect(response).toMatchObject({ status: 403, body: { code: "forbidden" } });
    return response.body.detail;
  };

  expect(await detailFor(ACCOUNTS["caller of webhooks"], NATURAL)).toBe(
    `${ACCOUNTS["caller of webhooks"]} may not create tasks of type document.publish, only: webhook.*. ` +
      "The setting handoff:callerTypes says so.",
  );
  expect(await detailFor(ACCOUNTS.viewer, NATURAL)).toBe(
    "support@example.com has the role viewer, which may not create tasks. " +
      "These roles may: caller (of its types), operator.",
  );
});

it("logs who asked, and why it doesn't know", async () => {
  const { access } = await setUpCallers();
  const producer = await setUpProducer({ access });
  await producer.send(A_TASK, { headers: { authorization: bearerOf(ACCOUNTS.operator) } });
  await producer.send(A_TASK, {
    headers: { authorization: bearerOf(ACCOUNTS.operator, { aud: "https://else.example" }) },
  });

  const lines = producer.logged.map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { caller: ACCOUNTS.operator, httpRequest: { status: 404 } },
    { refusal: "audience", httpRequest: { status: 401 } },
  ]);
  expect(lines[1]).not.toHaveProperty("caller");
});

it("answers 429 to a caller that sends too many requests, and goes on serving the others", async () => {
  const { access } = await setUpCallers({ CALLER_REQUESTS_PER_SECOND: "1" });
  const producer = await setUpProducer({ access });
  const ask = (email: string) => producer.send(A_TASK, { headers: { authorization: bearerOf(email) } });

  const mine = await Promise.all(Array.from({ length: 10 }, () => ask(ACCOUNTS.caller)));
  const refused = mine.filter(({ status }) => status === 429);

  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]?.body.code).toBe("rate-limited");
  expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await ask(ACCOUNTS.viewer)).status).toBe(404);
});

it("has a row of access, and requests above, for each endpoint under /v1", async () => {
  const producer = await setUpProducer();
  const { paths }: { paths: Record<string, object> } = JSON.parse((await producer.send("/openapi.json")).text);
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routed = producer.app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => nameOf(method, path));
  const underV1 = (endpoints: readonly string[]) => new Set(endpoints.filter((endpoint) => endpoint.includes(" /v1/")));
  const ruled = new Set(ENDPOINTS.map(([method, path]) => nameOf(method, path)));

  expect(underV1(described)).toEqual(ruled);
  expect(underV1(routed)).toEqual(ruled);
  const tried = new Set(Object.keys(REQUESTS).map((request) => request.split(",")[0] ?? ""));
  expect([...ruled].filter((endpoint) => !tried.has(endpoint))).toEqual([]);
});

function nameOf(method: string, path: string): string {
  return `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`;
}
