import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import { once } from "node:events";
import { expect, it } from "vitest";
import type { ReplyStream, RequestSink, StreamHandler } from "../../../src/rpc/duplex-call.ts";
import { RpcCode, RpcError } from "../../../src/rpc/rpc-error.ts";
import { startEcho } from "../../support/echo-service.ts";

/** A handler that repeats requests, and notes its calls. */
function repeater(take?: (text: string, replies: ReplyStream) => void) {
  const moments: string[] = [];
  const closed = Promise.withResolvers<void>();
  const drained = Promise.withResolvers<void>();
  const handler: StreamHandler = (replies): RequestSink => ({
    take({ text }: { text: string }) {
      moments.push(text);
      if (take) take(text, replies);
      else replies.send({ text: `${text}!` });
    },
    drained() {
      moments.push("drained");
      drained.resolve();
    },
    closed() {
      moments.push("closed");
      closed.resolve();
    },
  });
  return { handler, moments, closed: closed.promise, drained: drained.promise };
}

/** All replies, and how the call ended. */
async function ending(call: ClientDuplexStream<object, object>) {
  const replies: object[] = [];
  call.on("data", (reply: object) => replies.push(reply));
  const error = await new Promise<ServiceError | undefined>((resolve) => {
    call.on("error", resolve);
    call.on("end", () => resolve(undefined));
  });
  return { replies, code: error?.code, details: error?.details };
}

it("handles requests as they arrive, counts the call once, and ends when the caller has no more", async () => {
  const { handler, moments } = repeater();
  const { open, endpoint } = await startEcho({}, { streams: { Listen: handler } });
  const call = open();
  call.write({ text: "a" });
  expect(await once(call, "data")).toEqual([{ text: "a!" }]);
  call.write({ text: "b" });
  expect(await once(call, "data")).toEqual([{ text: "b!" }]);
  const ended = ending(call);
  call.end();
  expect(await ended).toMatchObject({ replies: [], code: undefined });
  expect(moments).toEqual(["a", "b", "closed"]);
  expect([...endpoint.calls]).toEqual([["Listen", 1]]);
});

it("ends a call with the status of an RpcError, after earlier replies, and takes no more requests", async () => {
  const { handler, moments } = repeater((text, replies) => {
    replies.send({ text: "before" });
    throw new RpcError(RpcCode.ABORTED, `No ${text}.`);
  });
  const { open, entries } = await startEcho({}, { streams: { Listen: handler } });
  const call = open();
  call.write({ text: "a" });
  call.write({ text: "b" });
  expect(await ending(call)).toEqual({ replies: [{ text: "before" }], code: 10, details: "No a." });
  expect(moments).toEqual(["a", "closed"]);
  expect(entries).toEqual([]);
});

it("ends a call with INTERNAL and logs the error when its handler throws anything else", async () => {
  const { handler } = repeater(() => {
    throw new TypeError("a bug");
  });
  const { open, entries } = await startEcho({}, { streams: { Listen: handler } });
  const call = open();
  call.write({ text: "a" });
  expect(await ending(call)).toEqual({ replies: [], code: 13, details: "a bug" });
  expect(entries).toMatchObject([{ level: "error", rpc: "Listen" }]);
});

it("lets a handler end its call at any time, and then sends nothing more", async () => {
  const { handler, moments } = repeater((_text, replies) => {
    setImmediate(() => {
      replies.end();
      replies.end(new RpcError(RpcCode.ABORTED, "Too late."));
      replies.send({ text: "too late" });
    });
  });
  const { open } = await startEcho({}, { streams: { Listen: handler } });
  const call = open();
  call.write({ text: "a" });
  expect(await ending(call)).toMatchObject({ replies: [], code: undefined });
  expect(moments).toEqual(["a", "closed"]);
});

it("calls `closed` once when the caller is gone", async () => {
  const { handler, moments, closed } = repeater();
  const { open } = await startEcho({}, { streams: { Listen: handler } });
  const call = open();
  const ended = ending(call);
  call.write({ text: "a" });
  await once(call, "data");
  call.cancel();
  expect(await ended).toMatchObject({ code: 1 });
  await closed;
  expect(moments).toEqual(["a", "closed"]);
});

it("closes open calls when it stops", async () => {
  const { handler, closed } = repeater();
  const { open, endpoint } = await startEcho({}, { streams: { Listen: handler } });
  const call = open();
  const ended = ending(call);
  call.write({ text: "a" });
  await once(call, "data");
  await endpoint.stop();
  await closed;
  expect([RpcCode.UNAVAILABLE, RpcCode.CANCELLED]).toContain((await ended).code);
});

it("reports that the caller is behind, takes no requests until it has caught up, and reports that", async () => {
  const text = "x".repeat(100_000);
  const sent: boolean[] = [];
  const behind = Promise.withResolvers<void>();
  const { handler, moments, drained } = repeater((request, replies) => {
    if (request !== "go") return;
    for (let i = 0; i < 50; i++) sent.push(replies.send({ text }));
    behind.resolve();
  });
  const { open } = await startEcho({}, { streams: { Listen: handler } });
  const call = open();
  call.pause();
  call.write({ text: "go" });
  call.write({ text: "later" });
  await behind.promise;
  expect(sent.at(0)).toBe(true);
  expect(sent.at(-1)).toBe(false);
  expect(moments).toEqual(["go"]);

  const ended = ending(call);
  call.resume();
  await drained;
  call.end();
  expect((await ended).replies).toHaveLength(50);
  expect(moments).toEqual(["go", "drained", "later", "closed"]);
});

it.each(["Say", "Repeat", "Collect", "Unknown"])("refuses to start with a stream's handler for %s", async (name) => {
  const { handler } = repeater();
  await expect(startEcho({}, { streams: { [name]: handler } })).rejects.toThrow(
    `test.Echo has no RPC ${name} that a handler can serve.`,
  );
});
