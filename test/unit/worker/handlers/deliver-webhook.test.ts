import { once } from "node:events";
import net from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { Webhook } from "standardwebhooks";
import { portOf } from "../../../../shared/http/listening-port.ts";
import { setUpWebhooks, TASK_ID } from "../../../harness/worker/webhook-harness.ts";

/** The secret of the endpoint `ep_1`, computed by other software. */
const ENDPOINT_SECRET = "whsec_qCd1GvPAD5VaxYZ9tHA0/sJkc3USWUygBWEC5a/bIyA=";

const inSeconds = (seconds: number) => () => String(seconds);
const asDate = (offsetMs: number) => (nowMs: number) => new Date(nowMs + offsetMs).toUTCString();

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

describe("the request", () => {
  it("is a POST of the event that the subscriber can verify", async () => {
    const { deliver, receiver } = await setUpWebhooks();
    expect(await deliver({ endpointId: "ep_1", data: { name: "Zoë \u{1F4A1}" } })).toEqual({
      kind: "succeeded",
      result: { status: 204 },
    });
    const [webhook] = receiver.received;
    expect(receiver.received).toHaveLength(1);
    expect(webhook).toMatchObject({ method: "POST", url: "/hooks?key=1" });
    expect(new Webhook(ENDPOINT_SECRET).verify(webhook?.body ?? "", webhook?.headers ?? {})).toEqual({
      type: "order.paid",
      timestamp: "2026-01-02T03:04:05.678Z",
      data: { name: "Zoë \u{1F4A1}" },
    });
  });

  it("names the task, the attempt's time and its sender", async () => {
    const { deliver, receiver, clock } = await setUpWebhooks();
    await deliver();
    expect(receiver.received[0]?.headers).toMatchObject({
      "webhook-id": TASK_ID,
      "webhook-timestamp": String(Math.floor(clock.now() / 1_000)),
      "content-type": "application/json",
      "user-agent": "Handoff/1",
    });
  });

  it("keeps its id and gets a new timestamp and signature with each attempt", async () => {
    const { deliver, receiver, clock } = await setUpWebhooks();
    await deliver();
    await clock.advance(5_000);
    await deliver();
    const [first, second] = receiver.received.map(({ headers }) => headers);
    expect(second?.["webhook-id"]).toBe(first?.["webhook-id"]);
    expect(Number(second?.["webhook-timestamp"]) - Number(first?.["webhook-timestamp"])).toBe(5);
    expect(second?.["webhook-signature"]).not.toBe(first?.["webhook-signature"]);
  });

  it("carries 200 KiB", async () => {
    const { deliver, receiver } = await setUpWebhooks();
    await deliver({ data: "é".repeat(100_000) });
    expect(JSON.parse(receiver.received[0]?.body ?? "")).toMatchObject({ data: "é".repeat(100_000) });
  });
});

describe("the subscriber's status", () => {
  it.each([200, 201, 202, 204, 299])("%d is success", async (status) => {
    const { deliver } = await setUpWebhooks({ answer: (response) => void response.writeHead(status).end() });
    expect(await deliver()).toEqual({ kind: "succeeded", result: { status } });
  });

  it.each([400, 401, 403, 404, 405, 410, 413, 422, 451, 499])("%d is permanent", async (status) => {
    const { deliver } = await setUpWebhooks({ answer: (response) => void response.writeHead(status).end() });
    expect(await deliver()).toEqual({
      kind: "permanent",
      error: { code: "rejected", message: `The subscriber answered ${status}.` },
    });
  });

  it.each([408, 409, 425, 429, 500, 501, 502, 503, 504, 599, 600, 999])("%d is tried again", async (status) => {
    const { deliver } = await setUpWebhooks({ answer: (response) => void response.writeHead(status).end() });
    expect(await deliver()).toEqual({
      kind: "retry",
      error: { code: "unavailable", message: `The subscriber answered ${status}.` },
    });
  });

  it.each([301, 302, 303, 307, 308])("%d is tried again and not followed", async (status) => {
    const { deliver, receiver } = await setUpWebhooks({
      answer: (response) => void response.writeHead(status, { location: "/elsewhere" }).end(),
    });
    expect(await deliver()).toEqual({
      kind: "retry",
      error: { code: "redirected", message: `The subscriber answered ${status}; redirects are not followed.` },
    });
    expect(receiver.received).toHaveLength(1);
  });
});

describe("Retry-After", () => {
  it.each<[string, (nowMs: number) => string, number | undefined]>([
    ["seconds", inSeconds(120), 120_000],
    ["an hour", inSeconds(3_600), 3_600_000],
    ["more than an hour", inSeconds(86_400), 3_600_000],
    ["a date in two hours", asDate(7_200_000), 3_600_000],
    ["zero", inSeconds(0), undefined],
    ["a negative number", inSeconds(-5), undefined],
    ["a fraction", inSeconds(1.5), undefined],
    ["a date that is past", asDate(-60_000), undefined],
    ["a word", () => "soon", undefined],
    ["a date in another form", () => "2999-01-01T00:00:00Z", undefined],
    ["an impossible date", () => "Fri, 99 Foo 2999 99:99:99 GMT", undefined],
    ["nothing", () => "", undefined],
  ])("of %s is bounded and respected", async (_name, valueAt, expectedMs) => {
    const { deliver } = await setUpWebhooks({
      answer: (response) => void response.writeHead(503, { "retry-after": valueAt(Date.now()) }).end(),
    });
    const result = await deliver();
    expect(result.kind).toBe("retry");
    expect("retryAfterMs" in result ? result.retryAfterMs : undefined).toBe(expectedMs);
  });

  it("as a date is relative to now", async () => {
    const atMs = Math.ceil(Date.now() / 1_000) * 1_000 + 90_000;
    const { deliver, clock } = await setUpWebhooks({
      answer: (response) => void response.writeHead(429, { "retry-after": new Date(atMs).toUTCString() }).end(),
    });
    expect(await deliver()).toMatchObject({ kind: "retry", retryAfterMs: atMs - clock.now() });
  });

  it("does not rescue a delivery that failed permanently", async () => {
    const { deliver } = await setUpWebhooks({
      answer: (response) => void response.writeHead(410, { "retry-after": "5" }).end(),
    });
    expect(await deliver()).toMatchObject({ kind: "permanent" });
  });
});

describe("the signal", () => {
  it("closes the connection at once while the subscriber hangs", async () => {
    const { deliver, receiver, abort } = await setUpWebhooks({ answer: () => undefined });
    const arrived = receiver.next();
    const pending = deliver();
    const { closed } = await arrived;
    abort.abort();
    expect(await pending).toMatchObject({ kind: "retry", error: { code: "aborted" } });
    await closed;
  });

  it("prevents any request when it has already fired", async () => {
    const { deliver, receiver, abort } = await setUpWebhooks();
    abort.abort();
    expect(await deliver()).toMatchObject({ kind: "retry", error: { code: "aborted" } });
    expect(receiver.connections).toBe(0);
  });

  it("ends the wait for a name that doesn't resolve", async () => {
    const lookedUp = Promise.withResolvers<void>();
    const { deliver, abort } = await setUpWebhooks({
      resolve: () => {
        lookedUp.resolve();
        return new Promise(() => undefined);
      },
    });
    const pending = deliver({ url: "http://subscriber.test/" });
    await lookedUp.promise;
    abort.abort();
    expect(await pending).toMatchObject({ kind: "retry", error: { code: "aborted" } });
  });

  it("isn't needed to end the wait for a name: 4 s do", async () => {
    const { deliver, clock } = await setUpWebhooks({ resolve: () => new Promise(() => undefined) });
    const pending = deliver({ url: "http://subscriber.test/" });
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(4_000);
    expect(await pending).toMatchObject({ kind: "retry", error: { code: "name_timeout" } });
    expect(clock.pending).toBe(0);
  });

  it("changes nothing once a response has begun", async () => {
    const { deliver, receiver, abort, clock } = await setUpWebhooks({
      answer: (response) => void response.writeHead(200).write("never ends"),
    });
    const arrived = receiver.next();
    const pending = deliver();
    const { closed } = await arrived;
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect(await pending).toEqual({ kind: "succeeded", result: { status: 200 } });
    await closed;
  });
});

describe("the answer's body", () => {
  it("is abandoned after 64 KiB, and the status counts", async () => {
    const { deliver, receiver } = await setUpWebhooks({
      answer: (response) => {
        response.on("error", () => undefined);
        const more = (): void => {
          while (!response.destroyed && response.write("x".repeat(16_384)));
        };
        response.writeHead(200).on("drain", more);
        more();
      },
    });
    expect(await deliver()).toEqual({ kind: "succeeded", result: { status: 200 } });
    await receiver.received[0]?.closed;
  });

  it("is abandoned after 2 s, and the status counts", async () => {
    const { deliver, clock, receiver } = await setUpWebhooks({
      answer: (response) => void response.writeHead(500).write("slow"),
    });
    const pending = deliver();
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(2_000);
    expect(await pending).toMatchObject({ kind: "retry", error: { code: "unavailable" } });
    await receiver.received[0]?.closed;
  });

  it("leaves no timer behind", async () => {
    const { deliver, clock } = await setUpWebhooks({
      answer: (response) => void response.writeHead(200).end("x".repeat(10_000)),
    });
    await deliver();
    expect(clock.pending).toBe(0);
  });
});

describe("no answer", () => {
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
  ])("by %s is tried again", async (_name, onData, code) => {
    const host = await listen(onData);
    const { deliver } = await setUpWebhooks();
    expect(await deliver({ url: `http://${host}/` })).toEqual({
      kind: "retry",
      error: { code, message: `The subscriber did not respond: ${code}.` },
    });
  });

  it("by a port where nobody listens is tried again", async () => {
    const { deliver, receiver, url } = await setUpWebhooks();
    await receiver.close();
    expect(await deliver({ url })).toMatchObject({ kind: "retry", error: { code: "connection_refused" } });
  });

  it("by a subscriber that doesn't speak TLS is tried again", async () => {
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
  ])("by a lookup that fails with %s is tried again", async (systemCode, code) => {
    const { deliver } = await setUpWebhooks({
      resolve: () => Promise.reject(Object.assign(new Error("canary"), { code: systemCode })),
    });
    const result = await deliver({ url: "http://subscriber.test/" });
    expect(result).toMatchObject({ kind: "retry", error: { code } });
    expect(JSON.stringify(result)).not.toContain("canary");
  });

  it("by a name without addresses is tried again", async () => {
    const { deliver } = await setUpWebhooks({ resolve: () => Promise.resolve([]) });
    expect(await deliver({ url: "http://subscriber.test/" })).toMatchObject({
      kind: "retry",
      error: { code: "name_not_found" },
    });
  });
});
