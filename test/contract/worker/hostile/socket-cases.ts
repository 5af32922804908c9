import { expect } from "vitest";
import { answerOn, bytesOf, openSocket, type RawRequest } from "../../../harness/network/raw-http.ts";
import { expectUntouched, setUpTarget, withHeaders } from "./harness.ts";
import type { HostileCase } from "./hostile-case.ts";

type Bytes = (request: RawRequest) => Buffer;

/** Bytes that aren't an acceptable HTTP request. Null: closed without a response. */
const BROKEN: readonly [input: string, status: number | null, bytes: Bytes][] = [
  [
    "a length and chunks",
    400,
    (request) => bytesOf(withHeaders(request, { "content-length": "5", "transfer-encoding": "chunked" })),
  ],
  [
    "chunks and a length",
    400,
    (request) => bytesOf(framed(request, "transfer-encoding: chunked\r\ncontent-length: 5")),
  ],
  ["two lengths", 400, (request) => bytesOf(framed(request, "content-length: 5\r\ncontent-length: 6"))],
  ["a length twice", 400, (request) => bytesOf(framed(request, "content-length: 5\r\ncontent-length: 5"))],
  ["a length with a sign", 400, (request) => bytesOf(framed(request, "content-length: +5"))],
  ["a negative length", 400, (request) => bytesOf(framed(request, "content-length: -5"))],
  ["a length that no number holds", 400, (request) => bytesOf(framed(request, `content-length: ${"9".repeat(30)}`))],
  ["an unknown transfer coding", 400, (request) => bytesOf(framed(request, "transfer-encoding: xchunked"))],
  ["chunked before another coding", 400, (request) => bytesOf(framed(request, "transfer-encoding: chunked, gzip"))],
  ["a space before a colon", 400, (request) => bytesOf(framed(request, "content-length : 5"))],
  [
    "bare line feeds",
    400,
    (request) => Buffer.from(bytesOf(request).toString("latin1").replaceAll("\r\n", "\n"), "latin1"),
  ],
  ["a folded header", 400, (request) => bytesOf(framed(request, "x-folded: a\r\n b\r\ncontent-length: 5"))],
  ["a chunk whose size is not a number", 400, (request) => bytesOf(chunks(request, "zz\r\n"))],
  ["a chunk that is longer than it says", 400, (request) => bytesOf(chunks(request, "1\r\n{{\r\n0\r\n\r\n"))],
  ["a header block of 17 KiB", 431, (request) => bytesOf(withHeaders(request, { "x-large": "a".repeat(17 * 1_024) }))],
  ["CONNECT", null, (request) => bytesOf({ ...request, method: "CONNECT", target: "169.254.169.254:80" })],
  ["TRACE", 404, (request) => bytesOf({ ...request, method: "TRACE", body: Buffer.alloc(0) })],
  ["GET", 404, (request) => bytesOf({ ...request, method: "GET", body: Buffer.alloc(0) })],
  ["a method that doesn't exist", 400, (request) => bytesOf({ ...request, method: "DELIVER" })],
  ["the beginning of HTTP/2", 400, () => Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")],
  ["the beginning of TLS", 400, () => Buffer.from("16030100a5010000a10303", "hex")],
  ["HTTP/1.1 without a Host", 400, (request) => bytesOf(withHeaders(request, { host: undefined }))],
  ["an invalid Host", 400, (request) => bytesOf(withHeaders(request, { host: "a b/c", "content-length": "0" }))],
  ["an unknown Expect", 417, (request) => bytesOf(withHeaders(request, { expect: "200-maybe" }))],
  ["a target that is not a path", 400, (request) => bytesOf({ ...request, target: "http://" })],
];

/** Row 16: bytes that are refused at once. */
export const SOCKET_CASES: readonly HostileCase[] = BROKEN.map(brokenBytes);

function brokenBytes([input, status, bytes]: (typeof BROKEN)[number]): HostileCase {
  return {
    row: 16,
    title: `${status === null ? "closes" : `answers ${status} to`} ${input}, and serves others`,
    async run(onTestFinished) {
      const target = await setUpTarget(onTestFinished);

      const answer = await target.sendBytes(bytes(target.makeValid().request));

      expect(answer.status).toBe(status);
      await expectUntouched(target, [answer]);
    },
  };
}

const SLOW_SOCKETS = 100;

/** Requests that never arrive completely: the server gives up by its own clock, after at most 15 and 35 s. */
const SLOW: readonly [input: string, bytes: Bytes][] = [
  ["headers", (request) => bytesOf(request).subarray(0, 100)],
  ["a body", (request) => bytesOf(withHeaders(request, { "content-length": String(request.body.length + 1) }))],
];

/** Row 16: slow requests. */
export const SLOW_CASES: readonly HostileCase[] = SLOW.map(slowSenders);

function slowSenders([input, bytes]: (typeof SLOW)[number]): HostileCase {
  return {
    row: 16,
    title: `answers 408 to ${SLOW_SOCKETS} senders of ${input} that never ends, and serves others meanwhile`,
    async run(onTestFinished) {
      const target = await setUpTarget(onTestFinished);
      const sockets = await Promise.all(Array.from({ length: SLOW_SOCKETS }, () => openSocket(target.port)));
      const pending = sockets.map(answerOn);
      for (const socket of sockets) socket.write(bytes(target.makeValid().request));

      expect((await target.send(target.makeValid().request)).status).toBe(200);
      expect(sockets.filter(({ closed }) => closed)).toEqual([]);
      const answers = await Promise.all(pending);

      expect(answers.map(({ status }) => status)).toEqual(sockets.map(() => 408));
      expect(target.runs()).toBe(1);
      expect(target.logged.filter((line) => line.includes('"severity":"ERROR"'))).toEqual([]);
    },
  };
}

function framed(request: RawRequest, lines: string): RawRequest {
  const [name = "", ...rest] = lines.split(": ");
  return { ...request, headers: [...request.headers, [name, rest.join(": ")]], body: Buffer.from("12345") };
}

function chunks(request: RawRequest, body: string): RawRequest {
  return { ...withHeaders(request, { "transfer-encoding": "chunked" }), body: Buffer.from(body) };
}
