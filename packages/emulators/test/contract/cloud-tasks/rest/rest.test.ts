import net from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { createQueue, createTask } from "../support/harness.ts";
import { QUEUES, startRestHarness as setup } from "../support/rest-caller.ts";

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
        headers: { "X-Own": "kept" },
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
    httpRequest: { httpMethod: "PUT", body: "dGV4dA==", headers: { "X-Own": "kept" } },
    dispatchDeadline: "600s",
    view: "FULL",
  });
  expect(receiver.received).toMatchObject([{ method: "PUT", path: "/work", body: "text" }]);
});

test("a query sets fields, with enums by name or number; responses leave out default values", async () => {
  const harness = await setup();
  const queue = await createQueue(harness);
  const paused = await harness.call("POST", `/v2/${queue}:pause`, "");
  for (const id of ["a", "b"]) {
    await createTask(harness, queue, { id, httpRequest: { url: "http://127.0.0.1:9/", body: Buffer.from("x") } });
  }
  const page = await harness.call(
    "GET",
    `/v2/${queue}/tasks?pageSize=1&responseView=BASIC&alt=json&key=k&prettyPrint=true`,
  );
  const { nextPageToken } = page.json;
  const rest = await harness.call(
    "GET",
    `/v2/${queue}/tasks?responseView=2&pageToken=${encodeURIComponent(nextPageToken)}`,
  );

  expect(paused.json.state).toBe("PAUSED");
  expect(page.json.tasks).toHaveLength(1);
  expect(page.json.tasks[0]?.httpRequest).not.toHaveProperty("body");
  expect(rest.json.tasks).toMatchObject([{ view: "FULL", httpRequest: { body: "eA==" } }]);
  const last = await harness.call("GET", `/v2/${queue}/tasks?pageToken=${encodeURIComponent(rest.json.nextPageToken)}`);
  expect(last.json).toEqual({});
});

test("a mask in the query updates only what it names", async () => {
  const harness = await setup();
  const queue = await createQueue(harness, "default", { rateLimits: { maxDispatchesPerSecond: 5 } });
  const body = { rateLimits: { maxDispatchesPerSecond: 50 }, retryConfig: { maxAttempts: 3, minBackoff: "1.500s" } };
  const mask = "retryConfig.maxAttempts,retryConfig.minBackoff";
  const updated = await harness.call("PATCH", `/v2/${queue}?updateMask=${mask}`, body);

  expect(updated.json).toMatchObject({
    rateLimits: { maxDispatchesPerSecond: 5 },
    retryConfig: { maxAttempts: 3, minBackoff: "1.500s" },
  });
});

test("the version in the path is optional, since firebase-admin leaves it out for an emulator", async () => {
  const harness = await setup();
  const queue = await createQueue(harness);
  await harness.client.pauseQueue({ name: queue });
  const httpRequest = { url: "http://127.0.0.1:9/", oidcToken: { serviceAccountEmail: "a@b.c" } };
  const created = await harness.call("POST", `/${queue}/tasks`, { task: { name: `${queue}/tasks/t`, httpRequest } });
  const deleted = await harness.call("DELETE", `/${queue}/tasks/t`);

  expect([created.status, deleted.status, deleted.json]).toEqual([200, 200, {}]);
});

test.each([
  ["text that is not JSON", "{", "Invalid JSON payload received. The body is not valid JSON."],
  ["a prototype's name", '{"task":{"constructor":1}}', `Unknown name "constructor" at 'task': Cannot find field.`],
  ["more than 12 MiB", " ".repeat(12 * 1024 * 1024 + 1), "It has more than 12582912 bytes."],
  ["too many levels", `{"task":${"[".repeat(200)}${"]".repeat(200)}}`, "nested more than 100 levels"],
])("a body of %s is refused, and creates nothing", async (_, body, sentence) => {
  const harness = await setup();
  const queue = await createQueue(harness);
  const response = await harness.call("POST", `/v2/${queue}/tasks`, body);

  expect(response.status).toBe(400);
  expect(response.json.error).toMatchObject({ code: 400, status: "INVALID_ARGUMENT" });
  expect(response.json.error.message).toContain(sentence);
  expect((await harness.client.listTasks({ parent: queue }))[0]).toEqual([]);
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

test("calls over gRPC and REST are both counted", async () => {
  const harness = await setup();
  const queue = await createQueue(harness);
  await harness.call("GET", `/v2/${queue}`);
  await harness.client.getQueue({ name: queue });
  expect(harness.emulator.calls.get("GetQueue")).toBe(2);
});

test("a request for an invalid address gets a response, and so does the next one", async () => {
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
])("%s %s matches no method", async (method, path) => {
  const { base } = await setup();
  expect([404, 405]).toContain((await fetch(`${base}${path}`, { method })).status);
});
