import net from "node:net";
import { describe, expect, it } from "vitest";
import {
  type Answer,
  CLAIMED,
  MAX_PAYLOAD_BYTES,
  type ProducerBundle,
  startProducerBundle,
} from "../../harness/producer/producer-harness.ts";

const BODY = JSON.stringify(CLAIMED);

/** What a refusal looks like, and how much was asked of Cloud Tasks and Firestore for it: nothing. */
const refused = (status: number, code: string) => ({ status, type: "application/problem+json", code, asked: 0 });

function outcome(bundle: ProducerBundle, { status, headers, body }: Answer) {
  const asked = bundle.calls("CreateTask") + bundle.calls("GetTask") + bundle.calls("BatchGetDocuments");
  return { status, type: headers.get("content-type"), code: body.code, asked };
}

describe("what callers may not choose or get wrong", () => {
  it.each(["url", "headers", "queue", "serviceAccount", "id", "nonsense"])(
    "refuses the field %s in the body",
    async (field) => {
      const bundle = await startProducerBundle();
      const answer = await bundle.enqueue({ ...CLAIMED, [field]: "x" });
      expect(outcome(bundle, answer)).toEqual(refused(400, "invalid-request"));
      expect(answer.body.problems).toMatchObject([{ path: field }]);
    },
  );

  it("lists everything that is wrong with body and headers together", async () => {
    const bundle = await startProducerBundle();
    const body = { type: "webhook.deliver", payload: { url: 7 }, delaySeconds: -1, scheduleTime: "tomorrow" };
    const answer = await bundle.enqueue(body, "a b");
    expect(outcome(bundle, answer)).toEqual(refused(400, "invalid-request"));
    expect(answer.body.problems.map(({ path }) => path).toSorted()).toEqual([
      "Idempotency-Key",
      "delaySeconds",
      "payload.data",
      "payload.event",
      "payload.url",
      "scheduleTime",
    ]);
  });

  it.each([
    ["of no length", ""],
    ["of 10 KB", "k".repeat(10_240)],
    ["of 256 characters", "k".repeat(256)],
    ["with a space", "a b"],
    ["with a tab", "a\tb"],
    ["beyond ASCII", "clé"],
  ])("refuses an idempotency key %s", async (_, key) => {
    const bundle = await startProducerBundle();
    expect(outcome(bundle, await bundle.enqueue(CLAIMED, key))).toEqual(refused(400, "invalid-request"));
  });

  it.each([
    ["a line break", "a\r\n b"],
    ["a control character", "a\u0001b"],
    ["NUL", "a\0b"],
  ])("refuses an idempotency key with %s", async (_, key) => {
    const bundle = await startProducerBundle();
    expect(await sendRaw(bundle, { "Idempotency-Key": key })).toBe(400);
    expect(bundle.calls("CreateTask")).toBe(0);
  });

  it("refuses two idempotency keys", async () => {
    const bundle = await startProducerBundle();
    expect(await sendRaw(bundle, { "Idempotency-Key": ["a", "b"] })).toBe(400);
    expect(bundle.calls("CreateTask")).toBe(0);
  });

  it.each<[string, unknown]>([
    ["a year ago", new Date(Date.now() - 365 * 86_400_000).toISOString()],
    ["31 days ahead", new Date(Date.now() + 31 * 86_400_000).toISOString()],
    ["that is NaN", "NaN"],
    ["without a zone", "2030-01-01T00:00:00"],
    ["that is a number", Date.now() + 1_000],
  ])("refuses a schedule time %s", async (_, scheduleTime) => {
    const bundle = await startProducerBundle();
    const answer = await bundle.enqueue({ ...CLAIMED, scheduleTime });
    expect(outcome(bundle, answer)).toEqual(refused(400, "invalid-request"));
    expect(answer.body.problems).toMatchObject([{ path: "scheduleTime" }]);
  });
});

describe("bodies that can't be read", () => {
  it.each([
    ["no type", ""],
    ["text", "text/plain"],
    ["a form", "application/x-www-form-urlencoded"],
    ["JSON in another charset", "application/json; charset=utf-16"],
    ["another kind of JSON", "application/problem+json"],
    ["JSON twice", "application/json, application/json"],
  ])("refuses %s as content type", async (_, type) => {
    const bundle = await startProducerBundle();
    expect(outcome(bundle, await bundle.post(BODY, { "content-type": type }))).toEqual(
      refused(415, "unsupported-media-type"),
    );
  });

  it("takes JSON whose charset is UTF-8", async () => {
    const bundle = await startProducerBundle();
    expect((await bundle.post(BODY, { "content-type": "Application/JSON; charset=UTF-8" })).status).toBe(202);
  });

  it("refuses compressed bodies", async () => {
    const bundle = await startProducerBundle();
    expect(outcome(bundle, await bundle.post(BODY, { "content-encoding": "gzip" }))).toEqual(
      refused(415, "unsupported-media-type"),
    );
  });

  it.each([
    ["nothing", ""],
    ["truncated JSON", BODY.slice(0, -1)],
    ["JSON with a tail", `${BODY}{}`],
    ["a byte order mark and no JSON", "\ufeff{"],
    ["levels that are never closed", "[".repeat(3_000)],
    ["3,000 levels", "[".repeat(3_000) + "]".repeat(3_000)],
    ["a number beyond the double range", BODY.replace("7", "1e400")],
    ["a field named __proto__", BODY.replace('order"', '__proto__"')],
    ["half a surrogate pair", BODY.replace("order.paid", String.raw`\ud800`)],
  ])("refuses %s", async (_, body) => {
    const bundle = await startProducerBundle();
    expect(outcome(bundle, await bundle.post(body))).toEqual(refused(400, "invalid-body"));
  });

  it("refuses bytes that are not UTF-8 instead of replacing them", async () => {
    const bundle = await startProducerBundle();
    const bytes = Uint8Array.from(Buffer.from(BODY.replace("paid", "\xff"), "latin1"));
    expect(outcome(bundle, await bundle.post(bytes))).toEqual(refused(400, "invalid-body"));
  });
});

describe("bodies that are too large", () => {
  const large = (bytes: number) => ({ ...CLAIMED, payload: { ...CLAIMED.payload, data: "x".repeat(bytes) } });
  const frameBytes = JSON.stringify({ ...CLAIMED.payload, data: "" }).length;

  it("takes a payload of exactly the limit", async () => {
    const bundle = await startProducerBundle();
    expect((await bundle.enqueue(large(MAX_PAYLOAD_BYTES - frameBytes))).status).toBe(202);
  });

  it("refuses a payload of one byte more", async () => {
    const bundle = await startProducerBundle();
    const answer = await bundle.enqueue(large(MAX_PAYLOAD_BYTES - frameBytes + 1));
    expect(outcome(bundle, answer)).toEqual(refused(413, "payload-too-large"));
  });

  it("refuses a short body whose payload is long once it is written out", async () => {
    const bundle = await startProducerBundle();
    const numbers = Array.from({ length: 500 }, () => "1e20").join(",");
    const body = BODY.replace('{"order":7}', `[${numbers}]`);
    expect(body.length).toBeLessThan(MAX_PAYLOAD_BYTES);
    expect(outcome(bundle, await bundle.post(body))).toEqual(refused(413, "payload-too-large"));
  });

  it("counts bytes, not characters", async () => {
    const bundle = await startProducerBundle();
    const answer = await bundle.enqueue({ ...CLAIMED, payload: { ...CLAIMED.payload, data: "€".repeat(1_400) } });
    expect(outcome(bundle, answer)).toEqual(refused(413, "payload-too-large"));
  });

  it("refuses a body beyond what it would ever read, told in advance or not", async () => {
    const bundle = await startProducerBundle();
    const text = JSON.stringify(large(10 * MAX_PAYLOAD_BYTES));
    expect(outcome(bundle, await bundle.post(text))).toEqual(refused(413, "payload-too-large"));
    const chunked = await bundle.post(new Blob([text]).stream(), {}, { duplex: "half" });
    expect(outcome(bundle, chunked)).toEqual(refused(413, "payload-too-large"));
  });
});

/** Sends the valid request with headers that no HTTP client would send; resolves to the answer's status. */
async function sendRaw(bundle: ProducerBundle, headers: Record<string, string | string[]>): Promise<number> {
  const own = Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}`));
  const head = [
    "POST /v1/tasks HTTP/1.1",
    "Host: producer",
    "Content-Type: application/json",
    `Content-Length: ${BODY.length}`,
    "Connection: close",
    ...own,
  ];
  const socket = net.connect(Number(new URL(bundle.url).port), "127.0.0.1");
  socket.end(`${head.join("\r\n")}\r\n\r\n${BODY}`);
  const text = (await socket.toArray()).join("");
  return Number(text.slice("HTTP/1.1 ".length).slice(0, 3));
}
