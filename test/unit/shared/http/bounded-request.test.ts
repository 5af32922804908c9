import { once } from "node:events";
import type { LookupAddress } from "node:dns";
import http from "node:http";
import type net from "node:net";
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { portOf } from "../../../../shared/http/listening-port.ts";
import { openRequest } from "../../../../shared/http/bounded-request.ts";
import { TLS_CERTIFICATE, TLS_KEY } from "../../../harness/network/tls-certificate.ts";

const TLS = { cert: TLS_CERTIFICATE, key: TLS_KEY };
const V4 = (address: string): LookupAddress => ({ address, family: 4 });

let trustedBefore: string[] = [];
beforeAll(() => {
  trustedBefore = tls.getCACertificates();
  tls.setDefaultCACertificates([TLS_CERTIFICATE]);
});
afterAll(() => tls.setDefaultCACertificates(trustedBefore));

/** A server's port, once it listens on loopback. It is closed after the test. */
async function listen(server: net.Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return portOf(server);
}

/** Sends a request, and resolves when its connection is closed. */
async function send(url: string, { addresses = [V4("127.0.0.1")] }: { addresses?: LookupAddress[] } = {}) {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const options = { method: "POST", headers: {}, addresses, signal: abort.signal, maxBodyBytes: 1_024 } as const;
  const request = openRequest(new URL(url), options);
  const seen: { status?: number; body: string; code?: unknown; from?: string } = { body: "" };
  request.once("response", (response) => {
    seen.status = response.statusCode ?? 0;
    seen.from = response.socket.remoteAddress ?? "";
    response.on("data", (piece: Buffer) => (seen.body += piece.toString()));
  });
  request.on("error", (error: NodeJS.ErrnoException) => (seen.code = error.code));
  const closed = new Promise<void>((resolve) => void request.once("close", resolve));
  request.end("hello");
  await closed;
  return seen;
}

describe("a connection", () => {
  const answering = () =>
    http.createServer(
      (request, response) => void response.end(`${request.headers.host} ${request.headers.connection}`),
    );

  it("uses the given address, whatever the name, and is used once", async () => {
    const port = await listen(answering());
    expect(await send(`http://no-such-name.invalid:${port}/`)).toEqual({
      status: 200,
      body: `no-such-name.invalid:${port} close`,
      from: "127.0.0.1",
    });
  });

  it("uses the next address if nobody listens at the first", async () => {
    const port = await listen(answering());
    const addresses = [V4("127.0.0.2"), { address: "::1", family: 6 }, V4("127.0.0.1")];
    expect(await send(`http://a.test:${port}/`, { addresses })).toMatchObject({ status: 200, from: "127.0.0.1" });
  });

  it("fails without an address", async () => {
    const port = await listen(answering());
    expect(await send(`http://a.test:${port}/`, { addresses: [] })).toEqual({ body: "", code: "ENOTFOUND" });
  });

  it("ends if the body exceeds the limit", async () => {
    const port = await listen(http.createServer((_, response) => void response.end("x".repeat(1024 * 1024))));
    const { status, body } = await send(`http://a.test:${port}/`);
    expect(status).toBe(200);
    expect(body.length).toBeLessThan(64 * 1024);
  });
});

describe("a connection over TLS", () => {
  it("carries a response", async () => {
    const server = tls.createServer(TLS, (socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
    });
    const port = await listen(server);
    expect(await send(`https://127.0.0.1:${port}/`)).toMatchObject({ status: 200, body: "ok" });
  });

  it("ends if informational responses don't", async () => {
    const flood = Buffer.from("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1_000));
    const server = tls.createServer(TLS, (socket) => {
      const more = (): void => {
        while (!socket.destroyed && socket.write(flood));
      };
      socket.on("error", () => undefined).on("drain", more);
      socket.once("data", more);
    });
    const port = await listen(server);
    expect(await send(`https://127.0.0.1:${port}/`)).toEqual({ body: "", code: "RESPONSE_LIMIT" });
  });

  it("ends if the server wants to renegotiate, which costs a handshake each time", async () => {
    let negotiatedAgain = 0;
    const server = tls.createServer({ ...TLS, maxVersion: "TLSv1.2" }, (socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        socket.renegotiate({}, (error) => {
          if (!error) negotiatedAgain += 1;
        });
      });
    });
    const port = await listen(server);
    const { status, code } = await send(`https://127.0.0.1:${port}/`);
    expect(status).toBeUndefined();
    expect(code).toMatch(/^ERR_SSL_/);
    expect(negotiatedAgain).toBe(0);
  });
});
