import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { serveHttp } from "../../../../shared/http/server.ts";
import { portOf } from "../../../../shared/http/listening-port.ts";

type Fetch = (request: Request) => Response | Promise<Response>;

async function startServer(fetch: Fetch = () => new Response("ok")) {
  const server = await serveHttp({ fetch, port: 0, host: "127.0.0.1" });
  onTestFinished(() => server.close());
  return server;
}

/** A server whose handler waits until it is released. */
async function startWaitingServer() {
  const arrived = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const server = await startServer(async () => {
    arrived.resolve();
    await gate.promise;
    return new Response("answered");
  });
  return { server, arrived: arrived.promise, letGo: gate.resolve };
}

/** A GET through an agent that keeps its connections open. */
function keepAliveGet(port: number) {
  const agent = new http.Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  return new Promise<{ status: number | undefined; body: string; connection: string | undefined }>(
    (resolve, reject) => {
      const request = http.get({ host: "127.0.0.1", port, agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const body = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode, body, connection: response.headers.connection });
        });
      });
      request.on("error", reject);
    },
  );
}

async function connect(port: number): Promise<net.Socket> {
  const socket = net.connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

it("serves the app on a free port", async () => {
  const server = await startServer(async (request) => new Response(`${request.method} ${await request.text()}`));
  const response = await fetch(`http://127.0.0.1:${server.port}/a`, { method: "POST", body: "b" });
  expect(await response.text()).toBe("POST b");
});

it("refuses a header block of 17 KiB before the app sees it, and continues serving", async () => {
  const paths: string[] = [];
  const server = await startServer((request) => {
    paths.push(new URL(request.url).pathname);
    return new Response("ok");
  });
  const url = `http://127.0.0.1:${server.port}`;
  const refused = await fetch(`${url}/large`, { headers: { "x-large": "a".repeat(17 * 1024) } });
  const accepted = await fetch(`${url}/small`, { headers: { "x-large": "a".repeat(15 * 1024) } });
  expect([refused.status, accepted.status, paths]).toEqual([431, 200, ["/small"]]);
});

it("rejects when the port is taken, and says which", async () => {
  const { port } = await startServer();
  await expect(serveHttp({ fetch: () => new Response(), port, host: "127.0.0.1" })).rejects.toMatchObject({
    code: "EADDRINUSE",
    port,
  });
});

it("closes only after the request in progress has its response", async () => {
  const { server, arrived, letGo } = await startWaitingServer();
  const answer = keepAliveGet(server.port);
  await arrived;
  let isClosed = false;
  const { promise: refusing, resolve: onRefusing } = Promise.withResolvers<void>();
  const closed = server.close({ onRefusing }).then(() => (isClosed = true));
  await refusing;
  await expect(connect(server.port)).rejects.toThrow("ECONNREFUSED");
  expect(isClosed).toBe(false);
  letGo();
  expect(await answer).toMatchObject({ status: 200, body: "answered" });
  await closed;
});

it("closes at once after the last response, even if its connection was to be kept alive", async () => {
  const { server, arrived, letGo } = await startWaitingServer();
  const answer = keepAliveGet(server.port);
  await arrived;
  const closed = server.close();
  letGo();
  expect(await answer).toMatchObject({ status: 200, connection: "close" });
  await closed;
});

it("closes even if the response in progress has promised to keep the connection alive", async () => {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const server = await startServer(() => {
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(new TextEncoder().encode("half"));
        begun.resolve();
        await gate.promise;
        controller.enqueue(new TextEncoder().encode(" and half"));
        controller.close();
      },
    });
    return new Response(body);
  });
  const answer = keepAliveGet(server.port);
  await begun.promise;
  const closed = server.close();
  gate.resolve();
  expect(await answer).toMatchObject({ status: 200, body: "half and half" });
  await closed;
});

it("closes even if one connection is idle and another never sent anything", async () => {
  const server = await startServer();
  expect(await keepAliveGet(server.port)).toMatchObject({ status: 200, connection: "keep-alive" });
  const silent = await connect(server.port);
  const ended = once(silent, "close");
  await server.close();
  await ended;
});

it("throws for a server that isn't listening on a TCP port", () => {
  expect(() => portOf(net.createServer())).toThrow("not listening on a TCP port");
});
