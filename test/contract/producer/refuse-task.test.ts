import { once } from "node:events";
import net from "node:net";
import { describe, expect, it, vi } from "vitest";
import {
  CLAIMED,
  MAX_PAYLOAD_BYTES,
  type ProducerHarness,
  setUpProducer,
} from "../../harness/producer/producer-harness.ts";
import type { ProducerResponse } from "../../harness/producer/producer-requests.ts";

const BODY = JSON.stringify(CLAIMED);

/** A refusal, and the calls that it made to Cloud Tasks and Firestore: none. */
const refused = (status: number, code: string) => ({ status, type: "application/problem+json", code, asked: 0 });

function outcome(producer: ProducerHarness, { status, headers, body }: ProducerResponse) {
  const asked = producer.calls("CreateTask") + producer.calls("GetTask") + producer.calls("BatchGetDocuments");
  return { status, type: headers.get("content-type"), code: body.code, asked };
}

describe("invalid and forbidden fields", () => {
  it.each(["url", "headers", "queue", "serviceAccount", "id", "nonsense"])(
    "refuses the field %s in the body",
    async (field) => {
      const producer = await setUpProducer();
      const response = await producer.enqueue({ ...CLAIMED, [field]: "x" });
      expect(outcome(producer, response)).toEqual(refused(400, "invalid-request"));
      expect(response.body.problems).toMatchObject([{ path: field }]);
    },
  );

  it("lists everything that is wrong with body and headers together", async () => {
    const producer = await setUpProducer();
    const body = { type: "webhook.deliver", payload: { url: 7 }, delaySeconds: -1, scheduleTime: "tomorrow" };
    const response = await producer.enqueue(body, "a b");
    expect(outcome(producer, response)).toEqual(refused(400, "invalid-request"));
    expect(response.body.problems.map(({ path }) => path).toSorted()).toEqual([
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
    const producer = await setUpProducer();
    expect(outcome(producer, await producer.enqueue(CLAIMED, key))).toEqual(refused(400, "invalid-request"));
  });

  it.each([
    ["a line break", "a\r\n b"],
    ["a control character", "a\u0001b"],
    ["NUL", "a\0b"],
  ])("refuses an idempotency key with %s", async (_, key) => {
    const producer = await setUpProducer();
    expect(await sendRaw(producer, { "Idempotency-Key": key })).toBe(400);
    expect(producer.calls("CreateTask")).toBe(0);
  });

  it("refuses two idempotency keys", async () => {
    const producer = await setUpProducer();
    expect(await sendRaw(producer, { "Idempotency-Key": ["a", "b"] })).toBe(400);
    expect(producer.calls("CreateTask")).toBe(0);
  });

  it.each<[string, unknown]>([
    ["a year ago", new Date(Date.now() - 365 * 86_400_000).toISOString()],
    ["eleven years ahead", new Date(Date.now() + 11 * 365 * 86_400_000).toISOString()],
    ["that is NaN", "NaN"],
    ["without a zone", "2030-01-01T00:00:00"],
    ["that is a number", Date.now() + 1_000],
  ])("refuses a schedule time %s", async (_, scheduleTime) => {
    const producer = await setUpProducer();
    const response = await producer.enqueue({ ...CLAIMED, scheduleTime });
    expect(outcome(producer, response)).toEqual(refused(400, "invalid-request"));
    expect(response.body.problems).toMatchObject([{ path: "scheduleTime" }]);
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
    const producer = await setUpProducer();
    expect(outcome(producer, await producer.post(BODY, { "content-type": type }))).toEqual(
      refused(415, "unsupported-media-type"),
    );
  });

  it("accepts JSON whose charset is UTF-8", async () => {
    const producer = await setUpProducer();
    expect((await producer.post(BODY, { "content-type": "Application/JSON; charset=UTF-8" })).status).toBe(202);
  });

  it("refuses compressed bodies", async () => {
    const producer = await setUpProducer();
    expect(outcome(producer, await producer.post(BODY, { "content-encoding": "gzip" }))).toEqual(
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
    const producer = await setUpProducer();
    expect(outcome(producer, await producer.post(body))).toEqual(refused(400, "invalid-body"));
  });

  it("refuses bytes that are not UTF-8 instead of replacing them", async () => {
    const producer = await setUpProducer();
    const bytes = Uint8Array.from(Buffer.from(BODY.replace("paid", "\xff"), "latin1"));
    expect(outcome(producer, await producer.post(bytes))).toEqual(refused(400, "invalid-body"));
  });
});

describe("a body that is cut off", () => {
  it("gets a 400 that nobody sees, and creates nothing", async () => {
    const producer = await setUpProducer();
    const socket = net.connect(Number(new URL(producer.url).port), "127.0.0.1");
    const head = ["POST /v1/tasks HTTP/1.1", "Host: producer", "Content-Type: application/json"];
    socket.write(`${[...head, "Expect: 100-continue", `Content-Length: ${BODY.length}`].join("\r\n")}\r\n\r\n`);
    await once(socket, "data");

    socket.write(BODY.slice(0, -1));
    socket.destroy();

    await vi.waitFor(() => expect(producer.logged).toHaveLength(1));
    expect(JSON.parse(producer.logged[0] ?? "")).toMatchObject({ severity: "INFO", httpRequest: { status: 400 } });
    expect(producer.calls("CreateTask")).toBe(0);
  });
});

describe("bodies that are too large", () => {
  const large = (bytes: number) => ({ ...CLAIMED, payload: { ...CLAIMED.payload, data: "x".repeat(bytes) } });
  const frameBytes = JSON.stringify({ ...CLAIMED.payload, data: "" }).length;

  it("accepts a payload of exactly the limit", async () => {
    const producer = await setUpProducer();
    expect((await producer.enqueue(large(MAX_PAYLOAD_BYTES - frameBytes))).status).toBe(202);
  });

  it("refuses a payload one byte over the limit", async () => {
    const producer = await setUpProducer();
    const response = await producer.enqueue(large(MAX_PAYLOAD_BYTES - frameBytes + 1));
    expect(outcome(producer, response)).toEqual(refused(413, "payload-too-large"));
  });

  it("refuses a short body whose payload is too long when serialized", async () => {
    const producer = await setUpProducer();
    const numbers = Array.from({ length: 500 }, () => "1e20").join(",");
    const body = BODY.replace('{"order":7}', `[${numbers}]`);
    expect(body.length).toBeLessThan(MAX_PAYLOAD_BYTES);
    expect(outcome(producer, await producer.post(body))).toEqual(refused(413, "payload-too-large"));
  });

  it("counts bytes, not characters", async () => {
    const producer = await setUpProducer();
    const response = await producer.enqueue({ ...CLAIMED, payload: { ...CLAIMED.payload, data: "€".repeat(1_400) } });
    expect(outcome(producer, response)).toEqual(refused(413, "payload-too-large"));
  });

  it("refuses a body that is longer than it would ever read, announced or not", async () => {
    const producer = await setUpProducer();
    const text = JSON.stringify(large(10 * MAX_PAYLOAD_BYTES));
    expect(outcome(producer, await producer.post(text))).toEqual(refused(413, "payload-too-large"));
    const chunked = await producer.post(new Blob([text]).stream(), {}, { duplex: "half" });
    expect(outcome(producer, chunked)).toEqual(refused(413, "payload-too-large"));
  });
});

/** Sends the valid request with headers that no HTTP client would send. Resolves to the status of the response. */
async function sendRaw(producer: ProducerHarness, headers: Record<string, string | string[]>): Promise<number> {
  const own = Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}`));
  const head = [
    "POST /v1/tasks HTTP/1.1",
    "Host: producer",
    "Content-Type: application/json",
    `Content-Length: ${BODY.length}`,
    "Connection: close",
    ...own,
  ];
  const socket = net.connect(Number(new URL(producer.url).port), "127.0.0.1");
  socket.end(`${head.join("\r\n")}\r\n\r\n${BODY}`);
  const text = (await socket.toArray()).join("");
  return Number(text.slice("HTTP/1.1 ".length).slice(0, 3));
}
