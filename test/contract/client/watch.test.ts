import { expect, test } from "vitest";
import { type Task, type TaskState, TimeoutError, createClient } from "handoff-client";
import { clientOver } from "../../../packages/client/src/create-client.ts";
import { connect } from "../../../packages/client/src/http/connection.ts";
import { createHurriedClock } from "../../harness/client/hurried-clock.ts";
import {
  type ReceivedRequest,
  type Scripted,
  listenAsProducer,
  refusal,
} from "../../harness/client/scripted-producer.ts";

const ID = `${"ab".repeat(16)}-default`;

const view = (state: TaskState, headers: Readonly<Record<string, string>> = {}): Scripted => ({
  status: 200,
  headers,
  body: { id: ID, queue: "default", state, links: { self: `/v1/tasks/${ID}` } } satisfies Task,
});
const tagged = (state: TaskState, etag: string): Scripted => view(state, { etag });

async function setUp(script: (request: ReceivedRequest, nth: number) => Scripted) {
  const producer = await listenAsProducer(script);
  const clock = createHurriedClock([10_000, 11_000, 13_000, 40_000]);
  const connection = connect({ url: producer.url }, { clock, random: () => 0 });
  return { ...producer, clock, client: clientOver(connection) };
}

const paths = (requests: readonly ReceivedRequest[]): string[] =>
  requests.map(({ path }) => decodeURIComponent(path.replace(`/v1/tasks/${ID}`, "")));

test("a wait reads once, then lets the producer hold each request until the task changes", async () => {
  const views = [tagged("queued", '"a"'), tagged("running", '"b"'), tagged("succeeded", '"c"')];
  const { client, requests, clock } = await setUp((_, nth) => views[nth] ?? "never");

  expect(await client.wait(ID)).toMatchObject({ state: "succeeded" });

  expect(paths(requests)).toEqual(["", '?waitSeconds=30&since="a"', '?waitSeconds=30&since="b"']);
  expect(clock.pauses).toEqual([]);
});

test("a watch reports each change once, until the task has ended", async () => {
  const views = [tagged("queued", '"a"'), tagged("queued", '"a"'), tagged("waiting", 'W/"b"'), tagged("dead", '"c"')];
  const { client, requests } = await setUp((_, nth) => views[nth] ?? "never");

  const states: TaskState[] = [];
  for await (const { state } of client.watch(ID)) states.push(state);

  expect(states).toEqual(["queued", "waiting", "dead"]);
  expect(paths(requests).at(-1)).toBe('?waitSeconds=30&since="b"');
});

test.each<TaskState>(["succeeded", "dead", "cancelled", "finished", "removed"])(
  "a task that is %s is waited for no longer",
  async (state) => {
    const { client, requests } = await setUp(() => tagged(state, '"a"'));
    expect(await client.wait(ID)).toMatchObject({ state });
    expect(requests).toHaveLength(1);
  },
);

test("a wait for which the producer has no room reads again every two seconds", async () => {
  let looks = 0;
  const { client, requests, clock } = await setUp(({ path }) => {
    if (path.includes("?")) return { ...refusal(429, "too-many-waits"), headers: { "retry-after": "5" } };
    looks += 1;
    return looks < 4 ? tagged("running", '"a"') : tagged("succeeded", '"b"');
  });

  expect(await client.wait(ID)).toMatchObject({ state: "succeeded" });

  expect(paths(requests).filter((path) => path === "")).toHaveLength(4);
  expect(clock.pauses).toEqual([2_000, 2_000]);
});

test("views without an ETag are compared, every two seconds", async () => {
  const { client, requests, clock } = await setUp((_, nth) => view(nth < 3 ? "running" : "succeeded"));

  const states: TaskState[] = [];
  for await (const { state } of client.watch(ID)) states.push(state);

  expect(states).toEqual(["running", "succeeded"]);
  expect(paths(requests)).toEqual(["", "", "", ""]);
  expect(clock.pauses).toEqual([2_000, 2_000]);
});

test("a wait ends with a TimeoutError when its time is up, and requests no hold longer than the remaining time", async () => {
  const { client, requests, clock } = await setUp(() => tagged("running", '"a"'));

  const error: unknown = await client.wait(ID, { timeoutMs: 3_000 }).catch((thrown: unknown) => thrown);

  expect(error).toBeInstanceOf(TimeoutError);
  expect(String(error)).toBe(`TimeoutError: Task ${ID} had not ended after 3000 ms.`);
  expect(paths(requests)).toEqual(["", '?waitSeconds=3&since="a"', '?waitSeconds=1&since="a"']);
  expect(clock.pauses).toEqual([2_000, 1_000]);
});

test("a signal ends a wait while the producer holds its request", async () => {
  const ended = new AbortController();
  const reason = new Error("the page is closed");
  const { url, requests } = await listenAsProducer((_, nth) => {
    if (nth === 0) return tagged("running", '"a"');
    setImmediate(() => ended.abort(reason));
    return "never";
  });

  await expect(createClient({ url }).wait(ID, { signal: ended.signal })).rejects.toBe(reason);

  expect(requests).toHaveLength(2);
});

test.each([Number.NaN, -1])("a wait of %d ms is refused before anything is sent", async (timeoutMs) => {
  const { client, requests } = await setUp(() => "never");
  await expect(client.wait(ID, { timeoutMs })).rejects.toThrow(
    "timeoutMs must be a number of milliseconds, 0 or more.",
  );
  expect(requests).toEqual([]);
});

test("a task that doesn't exist ends the wait", async () => {
  const { client, requests } = await setUp(() => refusal(404, "task-not-found"));
  await expect(client.wait(ID)).rejects.toMatchObject({ status: 404, code: "task-not-found" });
  expect(requests).toHaveLength(1);
});
