import { once } from "node:events";
import http2 from "node:http2";
import zlib from "node:zlib";
import { expect, it, onTestFinished, test } from "vitest";
import { startEcho } from "../../support/echo-service.ts";

const say = ({ text }: { text: string }) => ({ text: `${text}!` });

/** An encoded test.Message behind its prefix. */
function message(text: string, { flag = 0, bytes }: { flag?: number; bytes?: Buffer } = {}): Buffer {
  const body = Buffer.from(text);
  const encoded = bytes ?? Buffer.concat([Buffer.from([0x0a, body.length]), body]);
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(encoded.length, 1);
  return Buffer.concat([prefix, encoded]);
}

function compressed(text: string, compress: (bytes: Buffer) => Buffer): Buffer {
  const plain = message(text).subarray(5);
  return message("", { flag: 1, bytes: compress(plain) });
}

/** Opens a call on a plain connection, and tells how it ends. */
async function openCall(port: number, path: string, headers: http2.OutgoingHttpHeaders = {}) {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  const received: Buffer[] = [];
  let status: string | string[] | undefined;
  let details: string | string[] | undefined;
  const note = (seen: http2.IncomingHttpHeaders): void => {
    status ??= seen["grpc-status"];
    details ??= seen["grpc-message"];
  };
  stream.on("response", note);
  stream.on("trailers", note);
  stream.on("data", (chunk: Buffer) => received.push(chunk));
  const ended = once(stream, "close").then(() => ({
    status: Number(status),
    details: decodeURI(String(details ?? "")),
    reply: Buffer.concat(received).subarray(7).toString(),
  }));
  return { stream, ended };
}

test("takes a message that comes byte by byte", async () => {
  const { endpoint } = await startEcho({ Say: say });
  const { stream, ended } = await openCall(endpoint.port, "/test.Echo/Say");
  for (const byte of message("slow")) {
    stream.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  stream.end();
  expect(await ended).toEqual({ status: 0, details: "", reply: "slow!" });
});

test("takes messages of a stream that come at once", async () => {
  const taken: string[] = [];
  const { endpoint } = await startEcho(
    {},
    {
      streams: {
        Listen: () => ({
          take: ({ text }: { text: string }) => void taken.push(text),
          drained: () => undefined,
          closed: () => undefined,
        }),
      },
    },
  );
  const { stream, ended } = await openCall(endpoint.port, "/test.Echo/Listen");
  stream.end(Buffer.concat(["a", "", "c"].map((text) => message(text))));
  expect(await ended).toMatchObject({ status: 0 });
  expect(taken).toEqual(["a", "", "c"]);
});

it.each([
  { encoding: "gzip", compress: zlib.gzipSync },
  { encoding: "deflate", compress: zlib.deflateSync },
])("takes a message compressed by $encoding", async ({ encoding, compress }) => {
  const { endpoint } = await startEcho({ Say: say });
  const { stream, ended } = await openCall(endpoint.port, "/test.Echo/Say", { "grpc-encoding": encoding });
  stream.end(compressed("small", (bytes) => compress(bytes)));
  expect(await ended).toMatchObject({ status: 0, reply: "small!" });
});

it.each([
  { what: "an unknown compression", encoding: "br", bytes: compressed("a", (bytes) => zlib.brotliCompressSync(bytes)) },
  { what: "two messages", bytes: Buffer.concat([message("a"), message("b")]) },
  { what: "no message", bytes: Buffer.alloc(0) },
  { what: "half a message", bytes: message("abc").subarray(0, -1) },
])("does not implement $what for a unary call, and doesn't run it", async ({ encoding, bytes }) => {
  const { endpoint } = await startEcho({ Say: say });
  const headers = encoding === undefined ? {} : { "grpc-encoding": encoding };
  const { stream, ended } = await openCall(endpoint.port, "/test.Echo/Say", headers);
  stream.end(bytes);
  expect(await ended).toMatchObject({ status: 12, reply: "" });
  expect(endpoint.calls.size).toBe(0);
});

test("refuses what is too large only once it is decompressed", async () => {
  const { endpoint } = await startEcho({ Say: say }, { maxRequestBytes: 1_000 });
  const { stream, ended } = await openCall(endpoint.port, "/test.Echo/Say", { "grpc-encoding": "gzip" });
  stream.end(message("", { flag: 1, bytes: zlib.gzipSync(Buffer.alloc(100_000)) }));
  expect(await ended).toMatchObject({ status: 8 });
  expect(endpoint.calls.size).toBe(0);
});

test("fails with INTERNAL what can't be decompressed", async () => {
  const { endpoint } = await startEcho({ Say: say });
  const { stream, ended } = await openCall(endpoint.port, "/test.Echo/Say", { "grpc-encoding": "gzip" });
  stream.end(message("", { flag: 1, bytes: Buffer.from("not gzip") }));
  expect(await ended).toMatchObject({ status: 13 });
  expect(endpoint.calls.size).toBe(0);
});

it.each(["1m", "1000u", "1000000n"])(
  "ends a call whose deadline of %s has come, and ignores the reply",
  async (timeout) => {
    const gate = Promise.withResolvers<void>();
    const { endpoint, entries } = await startEcho({ Say: (request) => gate.promise.then(() => say(request)) });
    const { stream, ended } = await openCall(endpoint.port, "/test.Echo/Say", { "grpc-timeout": timeout });
    stream.end(message("late"));
    expect(await ended).toMatchObject({ status: 4, reply: "" });
    gate.resolve();
    await gate.promise;
    expect(entries).toEqual([]);
  },
);

it.each(["soon", "1", "m", "-1m", "123456789m"])("refuses the deadline %s", async (timeout) => {
  const { endpoint } = await startEcho({ Say: say });
  const { stream, ended } = await openCall(endpoint.port, "/test.Echo/Say", { "grpc-timeout": timeout });
  stream.end(message("a"));
  expect(await ended).toMatchObject({ status: 13 });
  expect(endpoint.calls.size).toBe(0);
});
