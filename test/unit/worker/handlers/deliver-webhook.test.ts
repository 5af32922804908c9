import { describe, expect, it } from "vitest";
import { Webhook } from "standardwebhooks";
import { setUpWebhooks, TASK_ID } from "../../../harness/worker/webhook-harness.ts";

/** The secret of the endpoint `ep_1`, computed by other software. */
const ENDPOINT_SECRET = "whsec_qCd1GvPAD5VaxYZ9tHA0/sJkc3USWUygBWEC5a/bIyA=";

const inSeconds = (seconds: number) => () => String(seconds);
const asDate = (offsetMs: number) => (nowMs: number) => new Date(nowMs + offsetMs).toUTCString();

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

  it.each([408, 409, 425, 429, 500, 501, 502, 503, 504, 599, 600, 999])("%d is retried", async (status) => {
    const { deliver } = await setUpWebhooks({ answer: (response) => void response.writeHead(status).end() });
    expect(await deliver()).toEqual({
      kind: "retry",
      error: { code: "unavailable", message: `The subscriber answered ${status}.` },
    });
  });

  it.each([301, 302, 303, 307, 308])("%d is retried and not followed", async (status) => {
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

  it("doesn't rescue a delivery that failed permanently", async () => {
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

  it("isn't needed while the subscriber hangs: after 28 s of 30 the task asks for a retry", async () => {
    const { deliver, receiver, clock } = await setUpWebhooks({ answer: () => undefined });
    const arrived = receiver.next();
    const pending = deliver();
    const { closed } = await arrived;
    await clock.advance(27_999);
    expect(await Promise.race([pending, Promise.resolve("waiting")])).toBe("waiting");
    await clock.advance(1);
    expect(await pending).toEqual({
      kind: "retry",
      error: { code: "response_timeout", message: "The subscriber did not respond: response_timeout." },
    });
    await closed;
    expect(clock.pending).toBe(0);
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

  it("isn't needed to end the wait for a name, which lasts 4 s at most", async () => {
    const { deliver, clock } = await setUpWebhooks({ resolve: () => new Promise(() => undefined) });
    const pending = deliver({ url: "http://subscriber.test/" });
    while (clock.pending < 2) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(4_000);
    expect(await pending).toMatchObject({ kind: "retry", error: { code: "name_timeout" } });
    expect(clock.pending).toBe(0);
  });

  it("has no effect once a response has begun", async () => {
    const { deliver, receiver, abort, clock } = await setUpWebhooks({
      answer: (response) => void response.writeHead(200).write("never ends"),
    });
    const arrived = receiver.next();
    const pending = deliver();
    const { closed } = await arrived;
    while (clock.pending < 2) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect(await pending).toEqual({ kind: "succeeded", result: { status: 200 } });
    await closed;
  });
});

describe("the response's body", () => {
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
    while (clock.pending < 2) await new Promise((resolve) => setImmediate(resolve));
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
