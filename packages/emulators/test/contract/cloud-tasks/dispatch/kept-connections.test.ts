import type net from "node:net";
import { expect, it, test } from "vitest";
import { createQueue, createTask, startHarness } from "../support/harness.ts";
import { type RawRequest, startRawTarget } from "../support/raw-target.ts";

const TASKS = 30;
const DONE = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const DONE_AND_KEPT = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: timeout=5\r\n\r\n";

const CLOSINGS: readonly { readonly how: string; readonly close: (socket: net.Socket) => void }[] = [
  { how: "ends", close: (socket) => void socket.end() },
  { how: "is closed", close: (socket) => void socket.destroy() },
  { how: "is reset", close: (socket) => void socket.resetAndDestroy() },
];

it.each(CLOSINGS)(
  "loses no task of one attempt to a target whose connection $how a moment after a response",
  async ({ close }) => {
    // Whatever comes on it by then is not read as a request.
    const { harness, target, deliverAll } = await setup(({ socket, onConnection }) => {
      if (onConnection > 0) return;
      socket.write(DONE);
      setTimeout(() => close(socket), 2);
    });
    await deliverAll(TASKS);
    expect(harness.attempts.map(({ status }) => status)).toEqual(Array.from({ length: TASKS }, () => 200));
    expect(target.requests).toHaveLength(TASKS);
  },
);

it.each(CLOSINGS)("sends a request again if its kept connection $how before it is sent", async ({ close }) => {
  const { harness, target, deliverAll } = await setup(({ socket }) => {
    // The end comes with the response, so the connection looks usable when the next task is dispatched.
    socket.write(DONE_AND_KEPT, () => close(socket));
  });
  await deliverAll(TASKS);
  expect(harness.attempts.map(({ status }) => status)).toEqual(Array.from({ length: TASKS }, () => 200));
  expect(target.requests).toHaveLength(TASKS);
});

it.each(CLOSINGS)("sends a request once that a target has read, though the connection $how then", async ({ close }) => {
  const { harness, target, deliverAll } = await setup(({ socket, onConnection }) => {
    if (onConnection === 0) socket.write(DONE_AND_KEPT);
    else close(socket);
  });
  await deliverAll(2);
  expect(target.requests).toHaveLength(2);
  expect(target.connections).toBe(1);
  expect(harness.emulator.history().map(({ outcome, fate }) => [outcome?.kind, fate?.kind])).toEqual([
    ["answered", "done"],
    ["unreachable", "given-up"],
  ]);
});

it("takes the status of a malformed response on a kept connection, not that of the response before it", async () => {
  const { harness, target, deliverAll } = await setup(({ socket, onConnection }) => {
    if (onConnection === 0) socket.write(DONE_AND_KEPT);
    else socket.end("HTTP/1.1 299 -\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n");
  });
  await deliverAll(2);
  expect(target.connections).toBe(1);
  expect(harness.attempts.map(({ status }) => status)).toEqual([200, 299]);
});

it.each([
  { header: "Keep-Alive: timeout=5\r\n", connections: 1 },
  { header: "Keep-Alive: max=100, timeout=5\r\n", connections: 1 },
  { header: "Keep-Alive: timeout=0\r\n", connections: TASKS },
  { header: "Connection: keep-alive\r\n", connections: TASKS },
  { header: "", connections: TASKS },
])("opens $connections connections to a target that says $header", async ({ header, connections }) => {
  const { target, deliverAll } = await setup(
    ({ socket }) => void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${header}\r\n`),
  );
  await deliverAll(TASKS);
  expect(target.requests).toHaveLength(TASKS);
  expect(target.connections).toBe(connections);
});

it.each([
  { what: "204 with a length", head: "HTTP/1.1 204 -\r\nContent-Length: 4\r\n", method: "POST" },
  { what: "204 with chunks", head: "HTTP/1.1 204 -\r\nTransfer-Encoding: chunked\r\n", method: "POST" },
  { what: "the answer to HEAD", head: "HTTP/1.1 200 -\r\nContent-Length: 4\r\n", method: "HEAD" },
] as const)("opens a new connection after $what, which a body may follow", async ({ head, method }) => {
  const { target, deliverAll } = await setup(({ socket }) => void socket.write(`${head}Keep-Alive: timeout=5\r\n\r\n`));
  await deliverAll(2, method);
  expect(target.requests).toHaveLength(2);
  expect(target.connections).toBe(2);
});

test("keeps a connection after 204 without a length", async () => {
  const { target, deliverAll } = await setup(
    ({ socket }) => void socket.write("HTTP/1.1 204 -\r\nKeep-Alive: timeout=5\r\n\r\n"),
  );
  await deliverAll(2);
  expect(target.connections).toBe(1);
});

async function setup(respond: (request: RawRequest) => void) {
  const harness = await startHarness();
  const target = await startRawTarget(respond);
  const queue = await createQueue(harness, "default", {
    rateLimits: { maxConcurrentDispatches: 1 },
    retryConfig: { maxAttempts: 1 },
  });
  /** One at a time. */
  const deliverAll = async (tasks: number, httpMethod: "POST" | "HEAD" = "POST"): Promise<void> => {
    const httpRequest = { url: target.url, httpMethod };
    await harness.client.pauseQueue({ name: queue });
    for (let task = 0; task < tasks; task++) await createTask(harness, queue, { httpRequest });
    await harness.client.resumeQueue({ name: queue });
    await harness.emulator.waitForIdle({ until: "empty" });
  };
  return { harness, target, deliverAll };
}
