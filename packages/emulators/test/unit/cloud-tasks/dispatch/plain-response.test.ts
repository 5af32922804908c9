import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { expect, it, onTestFinished, test } from "vitest";
import { readPlainResponse } from "../../../../src/cloud-tasks/dispatch/http/plain-response.ts";
import type { HttpMethod } from "../../../../src/cloud-tasks/state/task.ts";

const read = (text: string, method: HttpMethod = "POST") => readPlainResponse(Buffer.from(text, "latin1"), method);

test("reads a response that has come in one piece", () => {
  const response = read("HTTP/1.1 201 Made it\r\nContent-Length: 2\r\nX-A:  b c \r\nX-Empty:\r\n\r\nok");
  expect(response?.head).toEqual({
    status: 201,
    rawHeaders: ["Content-Length", "2", "X-A", "b c", "X-Empty", ""],
  });
  expect(response?.body).toEqual(new Uint8Array(Buffer.from("ok")));
});

it.each(["HTTP/1.1 204 -\r\n\r\n", "HTTP/1.1 304 -\r\nContent-Length: 9\r\n\r\n"])(
  "knows that %j has no body",
  (text) => {
    expect(read(text)?.body).toHaveLength(0);
  },
);

test("knows that the response to HEAD has no body", () => {
  expect(read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD")?.body).toHaveLength(0);
});

it.each([
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no",
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok.",
  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
  "HTTP/1.1 200 OK\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: +0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n",
  "HTTP/1.1 200 OK\r\nUpgrade: x\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nX A: b\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nX-A: b\u0001\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
  "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.1 101 -\r\n\r\n",
  "HTTP/1.1 600 -\r\nContent-Length: 0\r\n\r\n",
  "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
])("leaves %j to Node's parser", (text) => {
  expect(read(text)).toBeUndefined();
});

it.each(["a", " ", "a "])("takes no longer for a header of many %j that ends in a control character", (text) => {
  expect(read(`HTTP/1.1 200 OK\r\nX-A: ${text.repeat(30_000)}\u0001\r\nContent-Length: 0\r\n\r\n`)).toBeUndefined();
});

const headerArbitrary = fc.tuple(
  fc.constantFrom(
    "Content-Length",
    "X-A",
    "x-a",
    "Keep-Alive",
    "Connection",
    "Set-Cookie",
    "Transfer-Encoding",
    "Date",
  ),
  fc.constantFrom(
    "0",
    "2",
    "3",
    "close",
    "timeout=5",
    "a, b",
    "caf\u00E9",
    " padded ",
    "",
    "chunked",
    "a\tb",
    "\u007F",
  ),
);
const responseArbitrary = fc.record({
  status: fc.constantFrom("200 OK", "204 -", "304 ", "500 \u00E9", "299"),
  headers: fc.array(headerArbitrary, { maxLength: 5 }),
  body: fc.constantFrom("", "ok", "abc"),
  method: fc.constantFrom<HttpMethod>("POST", "GET", "HEAD"),
});

test("agrees with Node's parser about everything that it reads", async () => {
  let text = "";
  const server = net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(text, "latin1"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const byNode = (method: HttpMethod) =>
    new Promise<object>((resolve, reject) => {
      const request = http.request(
        { port, host: "127.0.0.1", method, agent: false, insecureHTTPParser: true },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () =>
            resolve({
              head: { status: response.statusCode, rawHeaders: response.rawHeaders },
              body: new Uint8Array(Buffer.concat(chunks)),
            }),
          );
          response.on("error", reject);
        },
      );
      request.on("error", reject);
      request.end();
    });

  const agrees = fc.asyncProperty(responseArbitrary, async ({ status, headers, body, method }) => {
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
    text = `HTTP/1.1 ${status}\r\n${lines.join("")}\r\n${body}`;
    const plain = readPlainResponse(Buffer.from(text, "latin1"), method);
    return !plain || isDeepStrictEqual(plain, await byNode(method));
  });
  await expect(fc.assert(agrees, { numRuns: 300 })).resolves.toBeUndefined();
});
