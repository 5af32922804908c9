import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import { credentials } from "@grpc/grpc-js";
import { CloudTasksClient } from "@google-cloud/tasks";
import { Firestore } from "@google-cloud/firestore";
import { expect, onTestFinished, test } from "vitest";
import { startCloudTasksEmulator } from "../../../src/cloud-tasks/emulator.ts";
import { startFirestoreEmulator } from "../../../src/firestore/emulator.ts";

const QUEUE = "projects/p/locations/l/queues/q";

async function setup() {
  const tasks = await startCloudTasksEmulator({ allowHosts: ["Tasks.Example"], queues: [{ name: QUEUE }] });
  const firestore = await startFirestoreEmulator();
  onTestFinished(async () => {
    await Promise.all([tasks.stop(), firestore.stop()]);
  });
  return { tasks, firestore };
}

/** Sends a request as it is written and returns the status of the response. */
async function statusOf(port: number, lines: readonly string[], body = ""): Promise<number> {
  const socket = net.connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write(`${[...lines, `Host: 127.0.0.1:${port}`].join("\r\n")}\r\n\r\n${body}`);
  const [head]: unknown[] = await once(socket, "data");
  socket.destroy();
  return Number(String(head).split(" ")[1]);
}

const TASK = JSON.stringify({
  task: { scheduleTime: "2100-01-01T00:00:00Z", httpRequest: { url: "http://127.0.0.1:9/" } },
});

/** Every request that changes something, and what it would change. */
const CHANGES = [
  { emulator: "tasks", method: "POST", path: `/v2/${QUEUE}/tasks`, body: TASK },
  { emulator: "tasks", method: "POST", path: "/v2/projects/p/locations/l/queues", body: `{"name":"${QUEUE}2"}` },
  { emulator: "tasks", method: "PATCH", path: `/v2/${QUEUE}`, body: "{}" },
  { emulator: "tasks", method: "POST", path: `/v2/${QUEUE}:purge`, body: "{}" },
  { emulator: "tasks", method: "POST", path: `/${QUEUE}:pause`, body: "{}" },
  { emulator: "tasks", method: "POST", path: "/_emulator/reset", body: "{}" },
  { emulator: "tasks", method: "POST", path: "/_emulator/idle", body: "{}" },
  { emulator: "tasks", method: "POST", path: "/_emulator/clock", body: '{"advance":"1h"}' },
  { emulator: "firestore", method: "POST", path: "/_emulator/reset", body: "{}" },
  {
    emulator: "firestore",
    method: "POST",
    path: "/_emulator/faults",
    body: '{"kind":"call","method":"Commit","code":"ABORTED","when":"after"}',
  },
] as const;

test.each(CHANGES)("takes $method $path of the $emulator emulator only as JSON", async (change) => {
  const emulators = await setup();
  const { port } = emulators[change.emulator];
  const send = (headers: readonly string[], body: string) =>
    statusOf(port, [`${change.method} ${change.path} HTTP/1.1`, ...headers, `Content-Length: ${body.length}`], body);

  const statuses = new Map<string, number>();
  for (const type of [
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain; x=application/json",
    "application/jsonp",
    "text/plain, application/json",
    "application/json\r\nContent-Type: text/plain",
  ]) {
    statuses.set(type, await send([`Content-Type: ${type}`], change.body));
    statuses.set(`${type}, without a body`, await send([`Content-Type: ${type}`], ""));
  }
  statuses.set("no type", await send([], change.body));
  const chunked = [`${change.method} ${change.path} HTTP/1.1`, "Transfer-Encoding: chunked"];
  statuses.set("no type, in chunks", await statusOf(port, chunked, "0\r\n\r\n"));
  expect([...statuses].filter(([, status]) => status !== 415)).toEqual([]);

  expect(emulators.tasks.calls.size + emulators.firestore.calls.size).toBe(0);
  expect(emulators.firestore.faults()).toEqual([]);
  expect(await send(["Content-Type: Application/JSON ; charset=utf-8"], change.body)).not.toBe(415);
});

test("takes a request without a body whatever its type would be", async () => {
  const { tasks } = await setup();
  expect(await statusOf(tasks.port, ["POST /_emulator/reset HTTP/1.1"])).toBe(200);
  expect(await statusOf(tasks.port, ["DELETE /_emulator/faults HTTP/1.1", "Content-Type: text/plain"])).toBe(200);
});

test.each([
  { method: "DELETE", path: "/emulator/v1/projects/p/databases/(default)/documents" },
  { method: "POST", path: "/_emulator/reset" },
])("a page can't clear Firestore by $method $path", async ({ method, path }) => {
  const { firestore } = await setup();
  const db = new Firestore(firestore.clientOptions({ projectId: "p" }));
  onTestFinished(() => db.terminate());
  await db.doc("c/a").set({});

  for (const header of ["Origin: null", "Sec-Fetch-Site: cross-site", "Referer: https://evil.example/"]) {
    expect(await statusOf(firestore.port, [`${method} ${path} HTTP/1.1`, header])).toBe(403);
  }

  expect((await db.doc("c/a").get()).exists).toBe(true);
});

/** A client that calls the emulator by a name of its choice. */
function clientWithAuthority({ host, port }: { host: string; port: number }, authority: string): CloudTasksClient {
  const client = new CloudTasksClient({
    apiEndpoint: host,
    port,
    sslCreds: credentials.createInsecure(),
    universeDomain: "googleapis.com",
    "grpc.default_authority": authority,
    "grpc.channelFactoryOverride": undefined,
  });
  onTestFinished(() => client.close());
  return client;
}

test.each(["rebound.example:80", "127.0.0.1.evil.example", "worker."])(
  "refuses gRPC calls to the authority %s",
  async (authority) => {
    const { tasks } = await setup();
    const client = clientWithAuthority(tasks, authority);
    await expect(client.purgeQueue({ name: QUEUE })).rejects.toMatchObject({ code: 7 });
    expect(tasks.calls.size).toBe(0);
  },
);

test.each(["localhost", "cloud-tasks:8123", "[::1]:8123", "tasks.example"])(
  "serves gRPC calls to the authority %s",
  async (authority) => {
    const { tasks } = await setup();
    const [queue] = await clientWithAuthority(tasks, authority).getQueue({ name: QUEUE });
    expect(queue.name).toBe(QUEUE);
  },
);

test.each([
  ["origin", "https://evil.example"],
  ["sec-fetch-site", "cross-site"],
  ["referer", "https://evil.example/"],
  ["host", "rebound.example"],
])("refuses gRPC calls with a page's %s", async (name, value) => {
  const { tasks } = await setup();
  const client = clientWithAuthority(tasks, `127.0.0.1:${tasks.port}`);
  const call = client.purgeQueue({ name: QUEUE }, { otherArgs: { headers: { [name]: value } } });
  await expect(call).rejects.toMatchObject({ code: 7 });
  expect(tasks.calls.size).toBe(0);
});

test("does not take a plain form over HTTP/2 for a call", async () => {
  const { tasks } = await setup();
  const session = http2.connect(`http://127.0.0.1:${tasks.port}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({
    ":method": "POST",
    ":path": "/google.cloud.tasks.v2.CloudTasks/PurgeQueue",
    "content-type": "text/plain",
  });
  stream.end("{}");
  const [headers]: unknown[] = await once(stream, "response");
  expect(headers).toMatchObject({ ":status": 415 });
  expect(tasks.calls.size).toBe(0);
});

test("may be called by the name that it listens on", async () => {
  const emulator = await startFirestoreEmulator({ host: "localhost" });
  onTestFinished(() => emulator.stop());
  expect((await fetch(`http://localhost:${emulator.port}/`)).status).toBe(200);
});

test.each(["tasks.example:8123", "http://tasks.example", "*", "", "a b"])(
  "does not start with %j among the names to allow",
  async (name) => {
    await expect(startCloudTasksEmulator({ allowHosts: [name] })).rejects.toThrow(RangeError);
    await expect(startFirestoreEmulator({ allowHosts: [name] })).rejects.toThrow(RangeError);
  },
);
