import net from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { createQueue, createTask, startBundle } from "../support/harness.ts";

const QUEUES = "/v2/projects/my-project/locations/europe-west1/queues";

/** What the tests read of answers, each part there or not. */
interface Answer {
  readonly name: string;
  readonly state: string;
  readonly nextPageToken: string;
  readonly tasks: readonly { readonly httpRequest: object }[];
  readonly error: { readonly message: string; readonly details: unknown };
}

async function setup() {
  const bundle = await startBundle();
  const base = `http://${bundle.emulator.host}:${bundle.emulator.port}`;
  const call = async (method: string, path: string, body?: unknown) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await fetch(`${base}${path}`, { method, ...(body === undefined ? {} : { body: text }) });
    const json: Answer = JSON.parse(await answer.text());
    return { status: answer.status, type: answer.headers.get("content-type"), json };
  };
  return { ...bundle, base, call };
}

test("a task that is created over REST is delivered", async () => {
  const { call, receiver } = await setup();
  const name = `${QUEUES.slice("/v2/".length)}/q`;
  const queue = await call("POST", QUEUES, { name, rateLimits: { maxDispatchesPerSecond: 5 } });
  const task = await call("POST", `${QUEUES}/q/tasks`, {
    task: {
      name: `${name}/tasks/one`,
      httpRequest: {
        url: `${receiver.url}/work`,
        httpMethod: "PUT",
        headers: { "X-Empty": "" },
        body: Buffer.from("text").toString("base64"),
      },
    },
    responseView: "FULL",
  });
  await receiver.arrived(1);

  expect(queue).toMatchObject({ status: 200, type: "application/json; charset=UTF-8" });
  expect(queue.json).toMatchObject({
    name,
    rateLimits: { maxDispatchesPerSecond: 5, maxBurstSize: 10 },
    state: "RUNNING",
  });
  expect(task.json).toMatchObject({
    name: `${name}/tasks/one`,
    httpRequest: { httpMethod: "PUT", body: "dGV4dA==", headers: { "X-Empty": "" } },
    dispatchDeadline: "600s",
    view: "FULL",
  });
  expect(receiver.received).toMatchObject([{ method: "PUT", path: "/work", body: "text" }]);
});

test("queries name fields, enums by name or number, and what has its default is left out", async () => {
  const bundle = await setup();
  const queue = await createQueue(bundle);
  const paused = await bundle.call("POST", `/v2/${queue}:pause`, "");
  for (const id of ["a", "b"]) {
    await createTask(bundle, queue, { id, httpRequest: { url: "http://127.0.0.1:9/", body: Buffer.from("x") } });
  }
  const page = await bundle.call(
    "GET",
    `/v2/${queue}/tasks?pageSize=1&responseView=BASIC&alt=json&key=k&prettyPrint=true`,
  );
  const { nextPageToken } = page.json;
  const rest = await bundle.call(
    "GET",
    `/v2/${queue}/tasks?responseView=2&pageToken=${encodeURIComponent(nextPageToken)}`,
  );

  expect(paused.json.state).toBe("PAUSED");
  expect(page.json.tasks).toHaveLength(1);
  expect(page.json.tasks[0]?.httpRequest).not.toHaveProperty("body");
  expect(rest.json.tasks).toMatchObject([{ view: "FULL", httpRequest: { body: "eA==" } }]);
  expect(rest.json).not.toHaveProperty("nextPageToken");
});

test("a mask in the query updates only what it names", async () => {
  const bundle = await setup();
  const queue = await createQueue(bundle, "default", { rateLimits: { maxDispatchesPerSecond: 5 } });
  const body = { rateLimits: { maxDispatchesPerSecond: 50 }, retryConfig: { maxAttempts: 3, minBackoff: "1.500s" } };
  const mask = "retryConfig.maxAttempts,retryConfig.minBackoff";
  const updated = await bundle.call("PATCH", `/v2/${queue}?updateMask=${mask}`, body);

  expect(updated.json).toMatchObject({
    rateLimits: { maxDispatchesPerSecond: 5 },
    retryConfig: { maxAttempts: 3, minBackoff: "1.500s" },
  });
});

test("the version may be left out, as firebase-admin does with an emulator", async () => {
  const bundle = await setup();
  const queue = await createQueue(bundle);
  await bundle.client.pauseQueue({ name: queue });
  const httpRequest = { url: "http://127.0.0.1:9/", oidcToken: { serviceAccountEmail: "a@b.c" } };
  const created = await bundle.call("POST", `/${queue}/tasks`, { task: { name: `${queue}/tasks/t`, httpRequest } });
  const deleted = await bundle.call("DELETE", `/${queue}/tasks/t`);

  expect([created.status, deleted.status, deleted.json]).toEqual([200, 200, {}]);
});

test.each([
  ["text that is no JSON", "{", "Invalid JSON payload received. The body is not valid JSON."],
  ["a list", "[]", "Invalid JSON payload received. Root element must be a message."],
  [
    "a name that there is not",
    { task: { httpRequest: { uri: "http://x" } } },
    `Invalid JSON payload received. Unknown name "uri" at 'task.httpRequest': Cannot find field.`,
  ],
  ["a prototype's name", '{"task":{"constructor":1}}', `Unknown name "constructor" at 'task': Cannot find field.`],
  ["a wrong kind of value", { task: { httpRequest: { url: 7 } } }, "cannot contain value 7"],
  ["a time that is none", { task: { scheduleTime: "soon" } }, "soon"],
  ["more than 12 MiB", " ".repeat(12 * 1024 * 1024 + 1), "It has more than 12582912 bytes."],
  ["more levels than there can be", `{"task":${"[".repeat(200)}${"]".repeat(200)}}`, "nested more than 100 levels"],
])("a body of %s is refused, and creates nothing", async (_, body, sentence) => {
  const bundle = await setup();
  const queue = await createQueue(bundle);
  const answer = await bundle.call("POST", `/v2/${queue}/tasks`, body);

  expect(answer.status).toBe(400);
  expect(answer.json.error).toMatchObject({ code: 400, status: "INVALID_ARGUMENT" });
  expect(answer.json.error.message).toContain(sentence);
  expect((await bundle.client.listTasks({ parent: queue }))[0]).toEqual([]);
});

test("an error has Google's form, with its details", async () => {
  const { call } = await setup();
  const missing = await call("GET", `${QUEUES}/none`);
  const misnamed = await call("POST", QUEUES, { name: "no-name" });

  expect(missing).toMatchObject({ status: 404, json: { error: { code: 404, status: "NOT_FOUND" } } });
  expect(misnamed.json.error.details).toEqual([
    {
      "@type": "type.googleapis.com/google.rpc.Help",
      links: [{ description: "Definition of queue name", url: expect.stringContaining("cloud.google.com") }],
    },
  ]);
});

test("calls are counted, however they come", async () => {
  const bundle = await setup();
  const queue = await createQueue(bundle);
  await bundle.call("GET", `/v2/${queue}`);
  await bundle.client.getQueue({ name: queue });
  expect(bundle.emulator.calls.get("GetQueue")).toBe(2);
});

test("a request for what is no address is answered, and the next one too", async () => {
  const { emulator, call } = await setup();
  const socket = net.connect(emulator.port, emulator.host);
  socket.write("GET // HTTP/1.1\r\nHost: emulator\r\nConnection: close\r\n\r\n");

  expect(await text(socket)).toContain("HTTP/1.1 404 Not Found");
  expect((await call("GET", QUEUES)).status).toBe(200);
});

test.each([
  ["GET", "/v2/projects/p/locations/l/queues/q/jobs"],
  ["PUT", "/v2/projects/p/locations/l/queues/q"],
  ["GET", "/v2/projects/p/locations/l/queues/%zz"],
  ["GET", "/v2/projects/p/locations/l/queues/q/tasks/t/x"],
])("%s %s is for no method", async (method, path) => {
  const { base } = await setup();
  expect([404, 405]).toContain((await fetch(`${base}${path}`, { method })).status);
});
