import { expect, it } from "vitest";
import { ENDPOINTS } from "../../../../services/producer/access/endpoints.ts";
import { ACCOUNTS, bearerOf, setUpCallers } from "../../../harness/auth/callers.ts";
import { NATURAL, setUpProducer } from "../../../harness/producer/producer-harness.ts";
import { A_TASK, CREATED_BY_BATCHES, REQUESTS, WHO } from "./each-endpoint.ts";

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

it("shows an account its identity, and what its role allows", async () => {
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

it("logs who sent a request, and why that is unknown", async () => {
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

it("answers 429 to a caller that sends too many requests, and continues serving the others", async () => {
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
