import { once } from "node:events";
import net from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { startEndpoint } from "../../../src/rpc/endpoint.ts";
import { RpcCode, RpcError } from "../../../src/rpc/rpc-error.ts";
import { startEcho } from "../../support/echo-service.ts";

const say = ({ text }: { text: string }) => ({ text: `${text}!` });

it("replies to a unary call, at once or later, and counts it", async () => {
  const { call, endpoint } = await startEcho({ Say: async (request) => say(request) });
  expect(await call("Say", "one")).toEqual({ replies: [{ text: "one!" }] });
  expect(await call("Say", "two")).toEqual({ replies: [{ text: "two!" }] });
  expect([...endpoint.calls]).toEqual([["Say", 2]]);
});

it("streams replies in order", async () => {
  const { stream, endpoint } = await startEcho({
    Repeat: async ({ text }, send) => {
      send({ text: `${text} 1` });
      await new Promise((resolve) => setImmediate(resolve));
      send({ text: `${text} 2` });
    },
  });
  expect(await stream("Repeat", "a")).toEqual({ replies: [{ text: "a 1" }, { text: "a 2" }] });
  expect([...endpoint.calls]).toEqual([["Repeat", 1]]);
});

it("fails a unary call with the status of an RpcError", async () => {
  const { call, entries } = await startEcho({
    Say: () => {
      throw new RpcError(RpcCode.NOT_FOUND, "There is no such thing.");
    },
  });
  const { error } = await call("Say", "a");
  expect(error).toMatchObject({ code: 5, details: "There is no such thing." });
  expect(error?.metadata.get("grpc-status-details-bin")).toEqual([]);
  expect(entries).toEqual([]);
});

it("ends a stream with the status of an RpcError, after earlier replies", async () => {
  const { stream } = await startEcho({
    Repeat: (_request, send) => {
      send({ text: "before" });
      throw new RpcError(RpcCode.ABORTED, "Enough.");
    },
  });
  expect(await stream("Repeat", "a")).toMatchObject({
    replies: [{ text: "before" }],
    error: { code: 10, details: "Enough." },
  });
});

it("sends the details of an error as a google.rpc.Status", async () => {
  const { call } = await startEcho({
    Say: () => {
      throw new RpcError(RpcCode.FAILED_PRECONDITION, "m", [
        { type: "google.rpc.ErrorInfo", reason: "R", domain: "d", metadata: { k: "v" } },
        { type: "google.rpc.Help", links: [{ description: "Docs", url: "https://example.com" }] },
        { type: "google.rpc.LocalizedMessage", locale: "en", message: "Hello" },
      ]);
    },
  });
  const { error } = await call("Say", "a");
  const [bytes] = error?.metadata.get("grpc-status-details-bin") ?? [];
  expect(Buffer.from(bytes ?? "").toString("latin1")).toBe(
    "\x08\x09\x12\x01m" +
      "\x1a\x3a\x0a\x28type.googleapis.com/google.rpc.ErrorInfo\x12\x0e\x0a\x01R\x12\x01d\x1a\x06\x0a\x01k\x12\x01v" +
      "\x1a\x44\x0a\x23type.googleapis.com/google.rpc.Help\x12\x1d\x0a\x1b\x0a\x04Docs\x12\x13https://example.com" +
      "\x1a\x3e\x0a\x2ftype.googleapis.com/google.rpc.LocalizedMessage\x12\x0b\x0a\x02en\x12\x05Hello",
  );
});

it.each<[string, () => unknown]>([
  [
    "throws",
    () => {
      throw new TypeError("a bug");
    },
  ],
  ["rejects", () => Promise.reject(new TypeError("a bug"))],
])("fails with INTERNAL when a handler %s anything else, and logs it", async (_name, handler) => {
  const { call, stream, entries } = await startEcho({ Say: handler, Repeat: handler });
  expect(await call("Say", "a")).toMatchObject({ replies: [], error: { code: 13, details: "a bug" } });
  expect(await stream("Repeat", "a")).toMatchObject({ replies: [], error: { code: 13, details: "a bug" } });
  expect(entries).toMatchObject([
    { level: "error", rpc: "Say", err: { name: "TypeError" } },
    { level: "error", rpc: "Repeat", err: { name: "TypeError" } },
  ]);
});

it("fails calls without a handler with UNIMPLEMENTED", async () => {
  const { call, endpoint } = await startEcho({ Say: say });
  for (const method of ["Repeat", "Listen", "Unknown"]) {
    expect(await call(method, "a")).toMatchObject({ error: { code: 12 } });
  }
  expect(endpoint.calls.size).toBe(0);
});

it.each(["Sey", "Listen", "constructor"])(
  "refuses to start with a handler for %s, which it can't serve",
  async (name) => {
    await expect(startEcho({ Say: say, [name]: say })).rejects.toThrow(
      `test.Echo has no RPC ${name} that a handler can serve.`,
    );
  },
);

it("loads a service that is late with the first call of it, and once", async () => {
  const { call, endpoint, loaded } = await startEcho({ Say: say }, { isLate: true });
  await fetch(`http://${endpoint.host}:${endpoint.port}/a`);
  expect(loaded).toEqual([]);
  expect(await call("Say", "a")).toEqual({ replies: [{ text: "a!" }] });
  expect(await call("Say", "b")).toEqual({ replies: [{ text: "b!" }] });
  expect(loaded).toEqual(["test.Echo"]);
});

it("refuses a request that is larger than allowed, and serves the next", async () => {
  const { call, endpoint } = await startEcho({ Say: say }, { maxRequestBytes: 1_000 });
  expect(await call("Say", "a".repeat(1_001))).toMatchObject({ error: { code: 8 } });
  expect(endpoint.calls.get("Say")).toBeUndefined();
  expect(await call("Say", "a")).toEqual({ replies: [{ text: "a!" }] });
});

it("serves HTTP/1.1 on the same port", async () => {
  const { call, endpoint } = await startEcho({ Say: say });
  const responses = await Promise.all([
    fetch(`http://${endpoint.host}:${endpoint.port}/a`, { method: "PUT" }).then((response) => response.text()),
    call("Say", "b"),
  ]);
  expect(responses).toEqual(["PUT /a", { replies: [{ text: "b!" }] }]);
});

it("survives connections that break or say nothing", async () => {
  const { call, endpoint } = await startEcho({ Say: say });
  for (const bytes of ["", "PRI * HTTP/2.0\r\n\r\nXX", "\0\0\0"]) {
    const socket = net.connect(endpoint.port, endpoint.host);
    await once(socket, "connect");
    socket.end(bytes);
    socket.resume();
    await once(socket, "close");
  }
  expect(await call("Say", "a")).toEqual({ replies: [{ text: "a!" }] });
});

it("ends calls and connections when it stops, and leaves the port free", async () => {
  const gate = Promise.withResolvers<void>();
  onTestFinished(() => gate.resolve());
  const replied = Promise.withResolvers<void>();
  const { endpoint, stream } = await startEcho({
    Repeat: async (_request, send) => {
      send({ text: "first" });
      await gate.promise;
    },
  });
  const silent = net.connect(endpoint.port, endpoint.host);
  await once(silent, "connect");
  const silentEnded = once(silent, "close");
  const streamed = stream("Repeat", "a", () => replied.resolve());
  await replied.promise;

  await endpoint.stop();
  await silentEnded;
  const { error } = await streamed;
  expect([RpcCode.UNAVAILABLE, RpcCode.CANCELLED]).toContain(error?.code);
  const next = await startEcho({ Say: say }, { port: endpoint.port });
  expect(next.endpoint.port).toBe(endpoint.port);
});

it("rejects when the port is taken", async () => {
  const { endpoint } = await startEcho({ Say: say });
  const second = startEndpoint({ port: endpoint.port, services: [], http: () => {} });
  await expect(second).rejects.toMatchObject({ code: "EADDRINUSE", port: endpoint.port });
});

it("takes a connection for HTTP/2 though its first bytes come one by one", async () => {
  const { endpoint } = await startEcho({ Say: say });
  const socket = net.connect(endpoint.port, endpoint.host);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  socket.setNoDelay(true);
  for (const byte of "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
    socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.write(SETTINGS);

  const [bytes] = await once(socket, "data");

  // A SETTINGS frame: its type is the fourth byte (RFC 9113, section 6.5).
  expect(bytes[3]).toBe(4);
});
