import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { CLAIMED, NATURAL, type ProducerHarness, setUpProducer } from "../../../harness/producer/producer-harness.ts";
import { QUEUES_PATH } from "../../../harness/producer/producer-queues.ts";
import { commitTask, entryIdsOf, relay, waitingAt } from "../../../harness/producer/outbox-tasks.ts";

const KEYS = ["critical", "default", "bulk"];
const LATER = "2035-01-01T00:00:00.000Z";

/** The emulator's defaults are the service's. */
const RATES = { maxDispatchesPerSecond: 500, maxConcurrentDispatches: 1_000 };

/** What a queue without tasks says. */
const empty = (key: string, state: string) => ({
  key,
  state,
  depth: 0,
  inFlight: 0,
  dispatchedLastMinute: 0,
  effectiveRate: RATES.maxDispatchesPerSecond,
  configuredRate: RATES,
  links: { self: `/v1/queues/${key}`, tasks: `/v1/queues/${key}/tasks` },
});

const show = async (producer: ProducerHarness, path: string) => JSON.parse((await producer.send(path)).text);

const post = (producer: ProducerHarness, path: string, body?: object) => {
  const sent = body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  return producer.send(path, { method: "POST", ...sent });
};

const purge = (producer: ProducerHarness, key: string) => post(producer, `/v1/queues/${key}/purge`, { queue: key });

/** How often queues themselves were changed. */
const changes = (producer: ProducerHarness) =>
  ["PauseQueue", "ResumeQueue", "PurgeQueue"].map((rpc) => producer.calls(rpc));

/** As gcloud sends it. */
async function byRest(producer: ProducerHarness, name: string, verb: string) {
  const { host, port } = producer.emulators.cloudTasks;
  const response = await fetch(`http://${host}:${port}/v2/${QUEUES_PATH}/${name}:${verb}?alt=json`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(response.status).toBe(200);
  const { state, purgeTime }: { state: string; purgeTime?: string } = JSON.parse(await response.text());
  return { state, purgeTime };
}

test("the list of queues has no filter, and refuses parameters that look like one", async () => {
  const producer = await setUpProducer();
  for (const path of ["/v1/queues", "/v1/queues/default"]) {
    const { status, text } = await producer.send(`${path}?state=paused`);
    expect({ status, body: JSON.parse(text) }).toMatchObject({
      status: 400,
      body: { problems: [{ path: "state", message: "is not a known query parameter: leave it out" }] },
    });
  }
  expect(producer.calls("GetQueue")).toBe(0);
});

test("a queue shows its status as the sum of its shards", async () => {
  const producer = await setUpProducer({ twice: ["default"] });
  expect(await show(producer, "/v1/queues")).toEqual({
    items: KEYS.map((key) => {
      if (key !== "default") return empty(key, "paused");
      const configuredRate = { maxDispatchesPerSecond: 1_000, maxConcurrentDispatches: 2_000 };
      const shard = { state: "paused", depth: 0, inFlight: 0, dispatchedLastMinute: 0, effectiveRate: 500, links: {} };
      const shards = ["default-2", "default-3"].map((name) => ({ name, ...shard }));
      return { ...empty(key, "paused"), effectiveRate: 1_000, configuredRate, shards };
    }),
  });

  await producer.enqueue({ ...CLAIMED, scheduleTime: LATER });
  const httpRequest = { url: "https://elsewhere.example" };
  const soon = { seconds: Math.floor(Date.now() / 1_000) + 3_600 };
  const parent = `${QUEUES_PATH}/default-3`;
  await producer.admin.createTask({ parent, task: { httpRequest, scheduleTime: soon } });
  await producer.admin.resumeQueue({ name: parent });

  expect(await show(producer, "/v1/queues/default")).toMatchObject({
    state: "running",
    depth: 2,
    nextDueAt: new Date(soon.seconds * 1_000).toISOString(),
  });
  expect(await show(producer, "/v1/queues/bulk")).toEqual(empty("bulk", "paused"));
});

test("a queue links to Google's console, if there is one", async () => {
  const page = (name: string) => `https://console.example/${name}`;
  const console = { queue: page, shard: page, queueOf: page, logs: () => "" };
  const producer = await setUpProducer({ console });
  const { links } = empty("bulk", "paused");
  expect((await show(producer, "/v1/queues/bulk")).links).toEqual({
    ...links,
    console: "https://console.example/bulk",
  });
});

test("a queue that can't be read gets 503, and so does the list of all queues", async () => {
  const producer = await setUpProducer();
  const failing = { rpc: "GetQueue", when: "before-effect", answer: { status: status.PERMISSION_DENIED } } as const;
  for (const path of ["/v1/queues/bulk", "/v1/queues"]) {
    void producer.tasksProxy.inject(failing);
    const response = await producer.send(path);
    expect(response).toMatchObject({ status: 503, body: { code: "dependency-unavailable" } });
    expect(response.headers.get("retry-after")).toBe("5");
  }
});

test("a queue that doesn't respond in time gets 503, too", async () => {
  const clock = new VirtualClock();
  const producer = await setUpProducer({ clock });
  for (const [rpc, path] of [
    ["GetQueue", "/v1/queues/bulk"],
    ["ListTasks", "/v1/queues/bulk/tasks"],
  ] as const) {
    const injected = producer.tasksProxy.inject({ rpc, when: "before-effect", answer: "nothing" });
    const running = producer.send(path);
    await injected;
    await clock.advance(3_000);
    expect(await running).toMatchObject({ status: 503, body: { code: "dependency-unavailable" } });
  }
});

test("a paused queue accepts tasks, stays ready, and delivers again once it is resumed", async () => {
  const producer = await setUpProducer({ clock: new VirtualClock({ startMs: Date.now() }) });
  expect(await post(producer, "/v1/queues/bulk/resume")).toMatchObject({
    status: 200,
    body: empty("bulk", "running"),
  });
  expect(await post(producer, "/v1/queues/bulk/pause")).toMatchObject({ status: 200, body: empty("bulk", "paused") });

  expect((await producer.enqueue(NATURAL)).status).toBe(202);
  expect((await producer.send("/ready")).status).toBe(200);
  expect(await show(producer, "/v1/queues/bulk")).toMatchObject({ state: "paused", depth: 1 });
  expect(producer.logged.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ message: "a queue is changed", queue: "bulk", change: "pause", caller: "local" }),
  );
});

test("pausing, resuming and purging have the same effect as with Cloud Tasks' own API, as gcloud calls it", async () => {
  const producer = await setUpProducer();
  const stateOf = async () => (await show(producer, "/v1/queues/bulk")).state;

  expect(await byRest(producer, "bulk-2", "resume")).toMatchObject({ state: "RUNNING" });
  expect(await stateOf()).toBe("running");
  expect(await post(producer, "/v1/queues/bulk/pause")).toMatchObject({ status: 200, body: { state: "paused" } });
  expect((await producer.admin.getQueue({ name: `${QUEUES_PATH}/bulk-2` }))[0].state).toBe("PAUSED");
  await producer.enqueue(NATURAL);
  const { purgeTime } = await byRest(producer, "bulk-2", "purge");
  expect(await show(producer, "/v1/queues/bulk")).toMatchObject({ state: "paused", depth: 0 });
  expect(await purge(producer, "bulk")).toMatchObject({ status: 200, body: { state: "paused", depth: 0 } });
  const [{ purgeTime: later }] = await producer.admin.getQueue({ name: `${QUEUES_PATH}/bulk-2` });
  expect(Number(later?.seconds)).toBeGreaterThanOrEqual(Math.floor(Date.parse(String(purgeTime)) / 1_000));
});

test("purged tasks are removed, or finished if their type is natural; tasks in the outbox stay", async () => {
  const producer = await setUpProducer({ twice: ["default"] });
  const purged = (await producer.enqueue({ ...CLAIMED, delaySeconds: 60 })).body.id;
  const natural = (await producer.enqueue({ ...NATURAL, delaySeconds: 60 })).body.id;
  const waiting = await commitTask(producer, CLAIMED, { hop: 1 });
  await producer.writeRecord(waiting.id, waitingAt(1, waiting.payloadHash, { type: CLAIMED.type }));
  const parent = `${QUEUES_PATH}/default-3`;
  await producer.admin.createTask({ parent, task: { httpRequest: { url: "https://elsewhere.example" } } });

  for (const key of ["default", "bulk"]) expect((await purge(producer, key)).status).toBe(200);

  expect((await producer.admin.listTasks({ parent }))[0]).toEqual([]);
  const states = await Promise.all(
    [purged, natural, waiting.id].map(async (id) => (await show(producer, `/v1/tasks/${id}`)).state),
  );
  expect(states).toEqual(["removed", "finished", "queued"]);
  expect(await entryIdsOf(producer, waiting.id)).toEqual([waiting.entryId]);
  expect(await relay(producer, waiting.entryId)).toBe("relayed");
  expect(await producer.queuedTasks("default")).toHaveLength(1);
});

test("a purge requires the queue's name, and removes nothing without it", async () => {
  const producer = await setUpProducer();
  await producer.enqueue(NATURAL);
  const path = "/v1/queues/bulk/purge";

  const other = await post(producer, path, { queue: "default" });
  expect(other).toMatchObject({ status: 409, body: { code: "queue-mismatch" } });
  expect(other.body.detail).toContain('{"queue":"bulk"}');
  expect(await post(producer, path)).toMatchObject({ status: 400, body: { problems: [{ path: "queue" }] } });
  for (const body of [{ queue: 1 }, { queue: "bulk", all: true }, {}]) {
    expect((await post(producer, path, body)).status).toBe(400);
  }
  expect(await producer.send(path, { method: "POST", body: '{"queue":"bulk"}' })).toMatchObject({ status: 415 });
  expect((await post(producer, path, { queue: "x".repeat(2_000) })).status).toBe(413);
  expect(changes(producer)).toEqual([0, 0, 0]);
  expect(await producer.queuedTasks("bulk")).toHaveLength(1);
});

test("an action's path with any other method, and any other path, changes nothing", async () => {
  const producer = await setUpProducer();
  const [key, body] = ["bulk", { queue: "bulk" }];
  const found = new Map<string, number>();
  const ask = async (method: string, path: string) => {
    const sent = method === "POST" && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    found.set(`${method} ${path}`, (await producer.send(path, { method, ...sent })).status);
  };
  for (const action of ["pause", "resume", "purge"]) {
    for (const method of ["GET", "PUT", "PATCH", "DELETE"]) await ask(method, `/v1/queues/${key}/${action}`);
    for (const path of [
      `/v1/queues/${key}:${action}`,
      `/v1/queues/${key}/${action}/`,
      `/v1/queues/${key}/${action}/now`,
      `/v1/queues/${key}/${action.toUpperCase()}`,
      `/v1/queues/${action}`,
      `/v1/queues//${action}`,
      `/v1/queues/nowhere/${action}`,
      `/v1/queues/${key}-2/${action}`,
      `/v1/tasks/${key}/${action}`,
      `/v1/dead-letters/${key}/${action}`,
    ])
      await ask("POST", path);
  }
  for (const action of ["run", "replay", "cancel", "delete", "tasks", ""])
    await ask("POST", `/v1/queues/${key}/${action}`);
  await ask("POST", "/v1/queues");
  await ask("DELETE", `/v1/queues/${key}`);

  expect([...found].filter(([, code]) => code !== 404 && code !== 405)).toEqual([]);
  expect(found.get("POST /v1/queues/bulk/tasks")).toBe(405);
  expect(changes(producer)).toEqual([0, 0, 0]);
});

test("if one of a queue's shards can't be changed, the others are, and repeating the request is safe", async () => {
  const producer = await setUpProducer({ twice: ["bulk"] });
  const states = async () =>
    await Promise.all(
      ["bulk-2", "bulk-3"].map(
        async (name) => (await producer.admin.getQueue({ name: `${QUEUES_PATH}/${name}` }))[0].state,
      ),
    );
  const failing = { rpc: "ResumeQueue", when: "before-effect", answer: { status: status.UNAVAILABLE } } as const;
  void producer.tasksProxy.inject(failing);

  const first = await post(producer, "/v1/queues/bulk/resume");
  expect(first).toMatchObject({ status: 503, body: { code: "dependency-unavailable" } });
  expect(new Set(await states())).toEqual(new Set(["PAUSED", "RUNNING"]));
  expect(await post(producer, "/v1/queues/bulk/resume")).toMatchObject({ status: 200, body: { state: "running" } });
  expect(await states()).toEqual(["RUNNING", "RUNNING"]);
});
