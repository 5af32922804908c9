import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import type { Caller } from "../../../../services/producer/access/caller.ts";
import { CLAIMED, NATURAL, type ProducerHarness, setUpProducer } from "../../../harness/producer/producer-harness.ts";

const OTHER = { ...CLAIMED, payload: { ...CLAIMED.payload, data: { order: 8 } } };

const CALLERS = {
  shop: { email: "shop@example.com", role: "caller" },
  press: { email: "press@example.com", role: "caller" },
  viewer: { email: "viewer@example.com", role: "viewer" },
  operator: { email: "operator@example.com", role: "operator" },
} as const satisfies Record<string, Caller>;
type Name = keyof typeof CALLERS;

const isName = (name: string): name is Name => Object.hasOwn(CALLERS, name);

/** A producer whose callers say who they are. */
async function setUp() {
  const identify = async (headers: Headers) => {
    const name = headers.get("authorization") ?? "";
    if (!isName(name)) throw new Error("Each request of these tests names its caller.");
    return { kind: "identified", caller: CALLERS[name] } as const;
  };
  const producer = await setUpProducer({ access: { identify } });
  return {
    producer,
    enqueue: (by: Name, body: object, headers: Readonly<Record<string, string>> = {}) =>
      producer.post(JSON.stringify(body), { authorization: by, ...headers }),
    view: (by: Name, id: string) => producer.send(`/v1/tasks/${id}`, { headers: { authorization: by } }),
  };
}

/** The start of SHA-256 over the parts, joined by NUL, as documented. */
const digits = (...parts: string[]): string => createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 32);

const leaveQueue = (producer: ProducerHarness, id: string) =>
  producer.admin.deleteTask({ name: producer.taskName(id) });

it("each caller has its own task under one key, and never gets another's", async () => {
  const { producer, enqueue } = await setUp();
  const key = { "idempotency-key": "k" };

  const squatted = await enqueue("press", CLAIMED, key);
  const [same, other] = [await enqueue("shop", CLAIMED, key), await enqueue("operator", OTHER, key)];
  const again = await enqueue("shop", CLAIMED, key);
  const conflict = await enqueue("shop", OTHER, key);

  expect([squatted, same, other, again, conflict].map(({ status }) => status)).toEqual([202, 202, 202, 200, 422]);
  const idOf = (email: string) => `${digits("key", email, CLAIMED.type, "k")}-default`;
  expect([squatted, same, other, again].map(({ body }) => body.id)).toEqual([
    idOf("press@example.com"),
    idOf("shop@example.com"),
    idOf("operator@example.com"),
    idOf("shop@example.com"),
  ]);
  const stored = await producer.queuedTasks("default");
  const owners = stored.map(({ httpRequest }) => [
    httpRequest?.headers?.["Handoff-Caller"],
    JSON.parse(String(httpRequest?.body)).caller,
  ]);
  expect(owners).toHaveLength(3);
  expect(owners).toEqual(
    expect.arrayContaining([CALLERS.operator, CALLERS.press, CALLERS.shop].map(({ email }) => [email, email])),
  );
});

it("two requests of a caller's own Cloud Scheduler job create one task, and each caller's jobs are its own", async () => {
  const { producer, enqueue } = await setUp();
  const time = "2026-11-23T06:00:00Z";
  const due = { "x-cloudscheduler-jobname": "daily", "x-cloudscheduler-scheduletime": time };
  const dayAfter = { ...due, "x-cloudscheduler-scheduletime": "2026-11-24T06:00:00Z" };

  const sent = [
    await enqueue("shop", CLAIMED, due),
    await enqueue("shop", CLAIMED, due),
    await enqueue("shop", CLAIMED, { "idempotency-key": `schedule/daily/${time}` }),
    await enqueue("operator", OTHER, due),
    await enqueue("shop", CLAIMED, dayAfter),
  ];

  expect(sent.map(({ status }) => status)).toEqual([202, 200, 200, 202, 202]);
  expect(await producer.queuedTasks("default")).toHaveLength(3);
});

const READERS = ["shop", "press", "viewer", "operator"] as const;
const OWNED = { shop: 200, press: 403, viewer: 200, operator: 200 };
const UNOWNED = { shop: 403, press: 403, viewer: 403, operator: 200 };

it("a task is read by its owner, a viewer or an operator; one with an unknown owner by operators only", async () => {
  const { producer, enqueue, view } = await setUp();
  const statusesOf = async (id: string) => {
    const statuses = new Map<string, number>();
    for (const by of READERS) statuses.set(by, (await view(by, id)).status);
    return Object.fromEntries(statuses);
  };

  const { id } = (await enqueue("shop", { ...CLAIMED, delaySeconds: 60 })).body;
  expect(await statusesOf(id)).toEqual(OWNED);
  await producer.writeRecord(id, { state: "waiting" });
  expect(await statusesOf(id)).toEqual(OWNED);
  await leaveQueue(producer, id);
  expect(await statusesOf(id)).toEqual(UNOWNED);
  await producer.writeRecord(id, { caller: "shop@example.com" });
  expect(await statusesOf(id)).toEqual(OWNED);
  await producer.writeRecord(id, { caller: "shop@example.com", state: "waiting" });
  expect(await statusesOf(id)).toEqual(OWNED);
  expect((await view("shop", id)).body.state).toBe("removed");

  const refused = await view("press", id);
  expect(refused.body).toMatchObject({ code: "forbidden", detail: expect.stringContaining("viewer") });
  expect(refused.text).not.toContain("shop@");
});

it("whoever knows the id of a task that is gone without a record learns how it left, and nothing else", async () => {
  const { producer, enqueue, view } = await setUp();
  const delayed = (await enqueue("shop", { ...CLAIMED, delaySeconds: 3_600 })).body.id;
  const natural = (await enqueue("shop", NATURAL)).body.id;
  for (const id of [delayed, natural]) await leaveQueue(producer, id);

  for (const by of READERS) {
    const links = (id: string) => {
      return { links: { self: `/v1/tasks/${id}`, queue: `/v1/queues/${id.split("-")[1]}` } };
    };
    expect((await view(by, delayed)).body).toEqual({
      id: delayed,
      queue: "default",
      state: "removed",
      ...links(delayed),
    });
    expect((await view(by, natural)).body).toEqual({
      id: natural,
      queue: "bulk",
      state: "finished",
      ...links(natural),
    });
    expect((await view(by, `${"0".repeat(32)}-default`)).status).toBe(404);
  }
});
