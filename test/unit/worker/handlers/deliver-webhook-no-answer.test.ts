import { once } from "node:events";
import net from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { portOf } from "../../../../shared/http/listening-port.ts";
import { setUpWebhooks } from "../../../harness/worker/webhook-harness.ts";

/** A TCP server that does something with each connection once data has arrived on it. */
async function listen(onData: (socket: net.Socket) => void): Promise<string> {
  const server = net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => onData(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `127.0.0.1:${portOf(server)}`;
}

describe("no response", () => {
  it.each<[string, (socket: net.Socket) => void, string]>([
    ["a reset connection", (socket) => socket.resetAndDestroy(), "connection_closed"],
    ["a closed connection", (socket) => socket.end(), "connection_closed"],
    ["a response that is not HTTP", (socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n"), "invalid_answer"],
    [
      "a response with 20 KiB of headers",
      (socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${"x".repeat(20_480)}\r\n\r\n`),
      "invalid_answer",
    ],
    [
      "a response that switches protocols",
      (socket) => void socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
      "connection_closed",
    ],
  ])("by %s is retried", async (_name, onData, code) => {
    const host = await listen(onData);
    const { deliver } = await setUpWebhooks();
    expect(await deliver({ url: `http://${host}/` })).toEqual({
      kind: "retry",
      error: { code, message: `The subscriber did not respond: ${code}.` },
    });
  });

  it("by a port where nobody listens is retried", async () => {
    const { deliver, receiver, url } = await setUpWebhooks();
    await receiver.close();
    expect(await deliver({ url })).toMatchObject({ kind: "retry", error: { code: "connection_refused" } });
  });

  it("by a subscriber that never ends the TLS handshake is retried", async () => {
    const arrived = Promise.withResolvers<void>();
    const host = await listen(() => arrived.resolve());
    const { deliver, clock } = await setUpWebhooks();
    const pending = deliver({ url: `https://${host}/` });
    await arrived.promise;
    await clock.advance(28_000);
    expect(await pending).toMatchObject({ kind: "retry", error: { code: "response_timeout" } });
  });

  it("by a subscriber that sends its header a byte at a time is retried", async () => {
    const arrived = Promise.withResolvers<net.Socket>();
    const host = await listen((socket) => arrived.resolve(socket));
    const { deliver, clock } = await setUpWebhooks();
    const pending = deliver({ url: `http://${host}/` });
    const socket = await arrived.promise;
    for (const byte of "HTTP/1.1 200 OK\r\nx: y") {
      socket.write(byte);
      await clock.advance(1_000);
    }
    await clock.advance(10_000);
    expect(await pending).toMatchObject({ kind: "retry", error: { code: "response_timeout" } });
  });

  it("by a subscriber that doesn't speak TLS is retried", async () => {
    const host = await listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const { deliver } = await setUpWebhooks();
    expect(await deliver({ url: `https://${host}/` })).toMatchObject({ kind: "retry", error: { code: "tls_failed" } });
  });

  it.each([
    ["ENOTFOUND", "name_not_found"],
    ["EAI_AGAIN", "name_not_found"],
    ["ENODATA", "name_not_found"],
    ["ESERVFAIL", "name_server_failed"],
    ["ECONNREFUSED", "name_server_failed"],
    ["ETIMEOUT", "name_timeout"],
    ["ESOMETHING", "network_error"],
  ])("by a lookup that fails with %s is retried", async (systemCode, code) => {
    const { deliver } = await setUpWebhooks({
      resolve: () => Promise.reject(Object.assign(new Error("canary"), { code: systemCode })),
    });
    const result = await deliver({ url: "http://subscriber.test/" });
    expect(result).toMatchObject({ kind: "retry", error: { code } });
    expect(JSON.stringify(result)).not.toContain("canary");
  });

  it("by a name without addresses is retried", async () => {
    const { deliver } = await setUpWebhooks({ resolve: () => Promise.resolve([]) });
    expect(await deliver({ url: "http://subscriber.test/" })).toMatchObject({
      kind: "retry",
      error: { code: "name_not_found" },
    });
  });
});
