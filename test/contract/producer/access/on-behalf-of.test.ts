import { expect, it } from "vitest";
import { ACCOUNTS, bearerOf, setUpCallers } from "../../../harness/auth/callers.ts";
import { CLAIMED, setUpProducer } from "../../../harness/producer/producer-harness.ts";
import { A_TASK, REQUESTS, WHO } from "./each-endpoint.ts";

const { operator, viewer, caller, console: consoleAccount } = ACCOUNTS;

const HEADER = "handoff-on-behalf-of";
const fromConsole = (person: string) => ({ authorization: bearerOf(consoleAccount), [HEADER]: person });

async function setUp() {
  const { access } = await setUpCallers();
  return await setUpProducer({ access });
}

/** For whom the console asks, and whose statuses it gets; undefined: 403, whatever it asks for. */
const PEOPLE: readonly (readonly [person: string, like: (typeof WHO)[number] | undefined])[] = [
  [operator, "operator"],
  [viewer, "viewer"],
  [caller, undefined],
  [ACCOUNTS["caller of webhooks"], undefined],
  ["nobody@example.com", undefined],
  [ACCOUNTS.worker, undefined],
  [ACCOUNTS.invoker, undefined],
  [consoleAccount, undefined],
];

it("lets the console do for each person what that person's role allows, and nothing for anybody else", async () => {
  const producer = await setUp();
  const statusesFor = async (person: string): Promise<Record<string, number>> => {
    const statuses: Record<string, number> = {};
    for (const [request, [path, init]] of Object.entries(REQUESTS)) {
      const headers = new Headers(init.headers);
      for (const [name, value] of Object.entries(fromConsole(person))) headers.set(name, value);
      const response = await fetch(`${producer.url}${path}`, { ...init, headers });
      await response.text();
      statuses[request] = response.status;
    }
    return statuses;
  };
  const expectedOf = (like: (typeof WHO)[number] | undefined): Record<string, number | undefined> =>
    Object.fromEntries(
      Object.entries(REQUESTS).map(([request, [path, , statuses]]) => {
        const refused = path.startsWith("/v1/") ? 403 : 200;
        return [request, like === undefined ? refused : statuses[WHO.indexOf(like)]];
      }),
    );

  for (const [person, like] of PEOPLE) expect([person, await statusesFor(person)]).toEqual([person, expectedOf(like)]);
  // Two single tasks and two in a batch, all the operator's.
  expect(producer.calls("CreateTask")).toBe(4);
});

it("gives a person the task that is enqueued on their behalf", async () => {
  const producer = await setUp();
  const key = { "idempotency-key": "k" };
  const enqueue = (headers: Record<string, string>) => producer.post(JSON.stringify(CLAIMED), { ...headers, ...key });

  const direct = await enqueue({ authorization: bearerOf(operator) });
  const through = await enqueue(fromConsole("Ops@Example.com"));

  expect([direct.status, through.status]).toEqual([202, 200]);
  expect(through.body.id).toBe(direct.body.id);
  const [task, ...others] = await producer.queuedTasks("default");
  expect(others).toEqual([]);
  expect(task?.httpRequest?.headers?.["Handoff-Caller"]).toBe(operator);
});

it("shows a person their identity, and that the console has none without a person", async () => {
  const producer = await setUp();
  const me = async (headers: Record<string, string>) => (await producer.send("/v1/me", { headers })).body;

  expect(await me(fromConsole(viewer))).toEqual(await me({ authorization: bearerOf(viewer) }));
  expect(await me({ authorization: bearerOf(consoleAccount) })).toEqual({
    email: consoleAccount,
    role: "console",
    actions: ["read own access"],
  });
});

it("logs the person and the console, also when the person has no role", async () => {
  const producer = await setUp();
  await producer.send(A_TASK, { headers: fromConsole(operator) });
  await producer.send(A_TASK, { headers: fromConsole("nobody@example.com") });
  await producer.send(A_TASK, { headers: { authorization: bearerOf(caller), [HEADER]: operator } });

  const [known, withoutRole, alone] = producer.logged.map((line) => JSON.parse(line));
  expect(known).toMatchObject({ caller: operator, through: consoleAccount, httpRequest: { status: 404 } });
  expect(known).not.toHaveProperty("refusal");
  expect(withoutRole).toMatchObject({
    caller: "nobody@example.com",
    through: consoleAccount,
    refusal: "person-without-role",
    httpRequest: { status: 403 },
  });
  expect(alone).toMatchObject({ caller, refusal: "not-the-console", httpRequest: { status: 403 } });
  expect(alone).not.toHaveProperty("through");
  expect(producer.logged.at(-1)).not.toContain(operator);
});

it("counts requests by person, by whatever way they arrive, and none for somebody without a role", async () => {
  const { access } = await setUpCallers();
  const counted: string[] = [];
  const callerRate = { take: (email: string) => void counted.push(email) };
  const producer = await setUpProducer({ access: { ...access, callerRate } });
  const asked = [
    fromConsole(operator),
    { authorization: bearerOf(operator) },
    fromConsole("nobody@example.com"),
    fromConsole(viewer),
  ];

  for (const headers of asked) await producer.send(A_TASK, { headers });

  expect(counted).toEqual([operator, operator, viewer]);
});

it("says in a 403 what is wrong with the person, and what to set", async () => {
  const producer = await setUp();
  const detailFor = async (headers: Record<string, string>): Promise<string> => {
    const response = await producer.send("/v1/me", { headers });
    expect(response).toMatchObject({ status: 403, body: { code: "forbidden" } });
    return response.body.detail;
  };

  expect(await detailFor(fromConsole("nobody@example.com"))).toBe(
    "Whom Handoff-On-Behalf-Of names is neither an operator nor a viewer. Add the e-mail address to the setting " +
      "handoff:operators or handoff:viewers; a group's address has no effect there.",
  );
  expect(await detailFor(fromConsole(ACCOUNTS.worker))).toContain("names one of Handoff's own accounts");
  expect(await detailFor(fromConsole("ops"))).toContain("must be one e-mail address");
  expect(await detailFor({ authorization: bearerOf(operator), [HEADER]: viewer })).toContain("Only Handoff's console");
});

it("ignores the header on a laptop, where everybody is local", async () => {
  const producer = await setUpProducer();
  const me = async (headers: Record<string, string>) => (await producer.send("/v1/me", { headers })).body;

  const alone: unknown = await me({});
  expect(alone).toMatchObject({ email: "local", role: "operator" });
  for (const person of [viewer, operator, ACCOUNTS.worker, "", "a, b"]) {
    expect(await me({ [HEADER]: person })).toEqual(alone);
  }
});

it("describes the header for every endpoint under /v1, beside a token", async () => {
  const producer = await setUpProducer();
  const { security, components, paths } = JSON.parse((await producer.send("/openapi.json")).text);
  const schemes: Record<string, { name?: string }> = components.securitySchemes;
  const named = ({ name }: { name?: string } = {}) => name === "Handoff-On-Behalf-Of";
  const withHeader = (needed: readonly object[]) =>
    needed.map((each) => Object.keys(each)).filter((names) => names.some((name) => named(schemes[name])));

  expect(withHeader(security).map((names) => names.length)).toEqual([2, 2]);
  const underV1 = Object.entries<Record<string, { security?: object[] }>>(paths)
    .filter(([path]) => path.startsWith("/v1/"))
    .flatMap(([, methods]) => Object.values(methods));
  expect(underV1.length).toBeGreaterThan(20);
  expect(underV1.filter((operation) => operation.security !== undefined)).toEqual([]);
});
