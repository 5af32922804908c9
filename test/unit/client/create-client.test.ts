import { Firestore } from "@google-cloud/firestore";
import { expect, expectTypeOf, onTestFinished, test } from "vitest";
import * as z from "zod";
import { type Client, createClient } from "handoff-client/outbox";
import { defineTask } from "../../../shared/contract/task-type.ts";

function connect(): Firestore {
  const db = new Firestore({ projectId: "handoff-test", host: "127.0.0.1:9", ssl: false });
  onTestFinished(() => db.terminate());
  return db;
}

test.each([
  "producer.example",
  "ftp://producer.example",
  "https://producer.example/v1/tasks",
  "https://someone@producer.example",
  "https://producer.example/?a=1",
])("refuses %s as the producer's address", (url) => {
  expect(() => createClient({ url, outbox: { db: connect() } })).toThrow("url must be the producer's address");
});

test("sends Google's token only over https", () => {
  const outbox = { db: connect() };
  const remote = "http://producer.internal:8080";

  expect(() => createClient({ url: remote, outbox })).toThrow("url must begin with https");
  expect(() => createClient({ url: remote, auth: null, outbox })).not.toThrow();
  expect(() => createClient({ url: remote, auth: () => "token", outbox })).not.toThrow();
  for (const url of [
    "https://a-1.europe-west1.run.app",
    "http://localhost:8080",
    "http://127.1:8080",
    "http://[::1]",
  ]) {
    expect(() => createClient({ url, outbox })).not.toThrow();
  }
});

test("refuses a caller that isn't an e-mail address, and another copy of Firestore's client", () => {
  const url = "http://localhost";
  const db = connect();

  expect(() => createClient({ url, outbox: { db, caller: "shop" } })).toThrow("outbox.caller must be an e-mail");
  // What another copy's instance looks like from here.
  const foreign: Firestore = Object.create(Object.create(Object.getPrototypeOf(Object.getPrototypeOf(db))));
  expect(() => createClient({ url, outbox: { db: foreign } })).toThrow("of the same copy of @google-cloud/firestore");
});

test.each(["", "ops", "ops@example.com, support@example.com", " ops@example.com", "op\u017f@example.com", "a\r\nb@c"])(
  "refuses to send requests on behalf of %j, which is no e-mail address",
  (onBehalfOf) => {
    const create = () => createClient({ url: "http://localhost", onBehalfOf, outbox: { db: connect() } });
    expect(create).toThrow(new TypeError("onBehalfOf must be an e-mail address."));
  },
);

test("the types of a task's definition are those of its payload", () => {
  const sendReceipt = defineTask({
    type: "receipt.send",
    payload: z.strictObject({ orderId: z.string(), copies: z.int().default(1) }),
    queue: "default",
    timeoutMs: 1_000,
    attempts: 3,
  });
  const enqueueIn: Client["enqueueIn"] = createClient({ url: "http://localhost", outbox: { db: connect() } }).enqueueIn;
  const batch = connect().batch();
  const options = { idempotencyKey: "receipt-7" };

  expectTypeOf(enqueueIn<typeof sendReceipt.payload>)
    .parameter(2)
    .toEqualTypeOf<{ orderId: string; copies?: number | undefined }>();
  enqueueIn(batch, sendReceipt, { orderId: "7" }, options);
  // @ts-expect-error -- The key is needed.
  expect(() => enqueueIn(batch, sendReceipt, { orderId: "7" }, {})).toThrow("idempotencyKey is missing");
  // @ts-expect-error -- The payload is of another form.
  expect(() => enqueueIn(batch, sendReceipt, { orderId: 7 }, options)).toThrow("payload.orderId");
});
