import { once } from "node:events";
import http from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { Closing } from "../../../../shared/http/serving/closing.ts";
import { portOf } from "../../../../shared/http/listening-port.ts";
import { refuseUnread, refuseWithProblem } from "../../../../shared/http/serving/refuse-unread.ts";
import { serveHttp } from "../../../../shared/http/server.ts";
import { answerOn, exchange, openSocket } from "../../../harness/network/raw-http.ts";

/** A server whose app notes what it sees. */
async function startServer(options: Partial<Parameters<typeof serveHttp>[0]> = {}) {
  const seen: string[] = [];
  const server = await serveHttp({
    async fetch(request) {
      seen.push(request.url);
      await request.text();
      return new Response("ok");
    },
    port: 0,
    host: "127.0.0.1",
    ...options,
  });
  onTestFinished(() => server.close());
  return { port: server.port, seen };
}

/** A response, taken apart. */
function parsed(text: string) {
  const [head = "", ...body] = text.split("\r\n\r\n");
  const [line = "", ...lines] = head.split("\r\n");
  const headers = new Headers(
    lines.map((each): [string, string] => [each.split(": ")[0] ?? "", each.split(": ")[1] ?? ""]),
  );
  return { line, headers, body: body.join("\r\n\r\n") };
}

const lines = (...all: readonly string[]): string => `${all.join("\r\n")}\r\n\r\n`;
const HOST = "Host: 127.0.0.1";
const CLOSE = "Connection: close";
const LONG = "a".repeat(17 * 1024);

it.each([
  ["that is no HTTP", lines("NONSENSE"), 400, "malformed-request"],
  ["with a header that is none", lines("GET / HTTP/1.1", HOST, "no header"), 400, "malformed-request"],
  ["with headers of 17 KiB", lines("GET / HTTP/1.1", HOST, `X-Long: ${LONG}`), 431, "headers-too-large"],
  ["with a path of 17 KiB", lines(`GET /${LONG} HTTP/1.1`, HOST), 431, "headers-too-large"],
  ["without a host", lines("GET / HTTP/1.1"), 400, "malformed-request"],
  ["without a host, and with a whole URL", lines("GET http://127.0.0.1/ HTTP/1.1"), 400, "malformed-request"],
  ["with a host that is none", lines("GET / HTTP/1.1", "Host: a/b", CLOSE), 400, "malformed-request"],
  ["with a path that is none", lines("GET /a\\b HTTP/1.1", HOST, CLOSE), 400, "malformed-request"],
  ["with an expectation", lines("GET / HTTP/1.1", HOST, CLOSE, "Expect: the-unexpected"), 417, "expectation-failed"],
])("says in a problem what is wrong with a request %s, which the app never sees", async (_, request, status, code) => {
  const { port, seen } = await startServer();

  const { line, headers, body } = parsed((await exchange(port, Buffer.from(request))).text);

  expect(line).toBe(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}`);
  expect(Object.fromEntries(headers)).toMatchObject({
    "content-type": "application/problem+json",
    "content-length": String(body.length),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    connection: "close",
  });
  expect(JSON.parse(body)).toEqual({
    type: "about:blank",
    status,
    code,
    title: expect.any(String),
    detail: expect.stringMatching(/\.$/),
  });
  expect(seen).toEqual([]);

  // Others are served as before.
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("ok");
});

it.each([
  ["that breaks off its form", "zz\r\n", 400, "malformed-request"],
  ["with 17 KiB beside its chunks", `1;${LONG}\r\na\r\n0\r\n\r\n`, 413, "chunk-extensions-too-large"],
])("says in a problem what is wrong with a body %s", async (_, body, status, code) => {
  const { port } = await startServer();
  const head = lines("POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked");

  const response = parsed((await exchange(port, Buffer.from(head + body))).text);

  expect(response.line).toContain(` ${status} `);
  expect(JSON.parse(response.body)).toMatchObject({ status, code });
});

it("serves a request that expects to be told to continue", async () => {
  const { port } = await startServer();
  const request = lines("POST / HTTP/1.1", HOST, CLOSE, "Content-Length: 1", "Expect: 100-continue");

  const { text } = await exchange(port, Buffer.from(`${request}a`));

  expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*ok/);
});

it("says nothing more where a response has begun", async () => {
  const { port } = await startServer({
    fetch: () =>
      new Response(
        new ReadableStream<Uint8Array>({
          start(controller) {
            controller.enqueue(new TextEncoder().encode("half"));
          },
        }),
      ),
  });
  const socket = await openSocket(port);
  const answered = answerOn(socket);
  socket.write(lines("GET / HTTP/1.1", HOST));
  await once(socket, "data");

  socket.write(lines("NONSENSE"));

  expect((await answered).text).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:(?!HTTP\/)[^])*half/);
  expect((await answered).text).not.toContain("400");
});

it("says in a problem that a request comes too slowly, and how fast it must come", async () => {
  const limits = { maxHeaderBytes: 16_384, headersTimeoutMs: 20, requestTimeoutMs: 40 };
  const server = http.createServer({ headersTimeout: 20, requestTimeout: 40, connectionsCheckingInterval: 10 });
  refuseUnread(server, { closing: new Closing(server), refuse: refuseWithProblem, limits });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => void server.close());

  const { line, body } = parsed((await exchange(portOf(server), Buffer.from("GET / HTTP/1.1\r\n"))).text);

  expect(line).toBe("HTTP/1.1 408 Request Timeout");
  expect(JSON.parse(body)).toMatchObject({
    status: 408,
    code: "request-timeout",
    detail: expect.stringContaining("its headers have 0.02 s, and all of it has 0.04 s"),
  });
});

it("refuses in another way where it is told to", async () => {
  const refuse = ({ title }: { readonly title: string }) => ({
    headers: { "content-type": "text/plain" },
    body: title,
  });
  const { port } = await startServer({ refuse });

  const { headers, body } = parsed((await exchange(port, Buffer.from(lines("NONSENSE")))).text);

  expect([headers.get("content-type"), body]).toEqual(["text/plain", "Bad request"]);
});

it("says in a problem that the app has failed", async () => {
  const { port } = await startServer({ fetch: () => Promise.reject(new Error("a bug, with a secret")) });

  const response = await fetch(`http://127.0.0.1:${port}/`);

  expect([response.status, response.headers.get("content-type")]).toEqual([500, "application/problem+json"]);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ code: "internal" });
  expect(text).not.toContain("secret");
});
