import { Firestore } from "@google-cloud/firestore";
import { VirtualClock, startFirestoreEmulator } from "handoff-emulators";
import { once } from "node:events";
import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { createHarness } from "../../../../services/worker/testing/harness.ts";
import { portOf } from "../../../../shared/http/listening-port.ts";
import { createHandlers } from "./handlers/index.ts";
import { registry } from "./tasks/index.ts";

/** The handlers with a Firestore emulator, and a server that stands in for the services they call. */
async function setUp({ status = 204 }: { status?: number | "none" } = {}) {
  const clock = new VirtualClock();
  const firestore = await startFirestoreEmulator({ clock });
  const db = new Firestore(firestore.clientOptions());
  const keys: unknown[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers["idempotency-key"]);
    if (status !== "none") response.writeHead(status).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await db.terminate();
    await firestore.stop();
  });
  const url = `http://127.0.0.1:${portOf(server)}`;
  const settings = { MAIL_API_URL: url, CDN_API_URL: url, REPORTS_API_URL: url };
  const harness = createHarness({ registry, handlers: createHandlers({ db }), db, clock, settings });
  return { harness, clock, db, server, keys };
}

const RECEIPT = { orderId: "7", to: "ann@example.com" };

test("sends the receipt, with the same key at every attempt", async () => {
  const { harness, keys } = await setUp();
  const idempotencyKey = "0123456789abcdef0123456789abcdef-default";

  await harness.run("receipt.send", RECEIPT, { idempotencyKey });
  const result = await harness.run("receipt.send", RECEIPT, { idempotencyKey, attempt: 2 });

  expect(result).toEqual({ kind: "succeeded", result: { status: 204 } });
  expect(keys).toEqual([idempotencyKey, idempotencyKey]);
});

test("grants points only to customers that exist", async () => {
  const { harness, db } = await setUp();
  await db.doc("customers/ann").set({ points: 5 });

  const granted = await harness.run("points.grant", { customerId: "ann", points: 10 });
  const refused = await harness.run("points.grant", { customerId: "bob", points: 10 });

  expect(granted).toEqual({ kind: "succeeded", result: { balance: 15 } });
  expect(refused).toMatchObject({ kind: "permanent", error: { code: "unknown_customer" } });
  expect((await db.doc("customers/ann").get()).get("points")).toBe(15);
});

test("an order that is shipped has its receipt sent", async () => {
  const { harness, db } = await setUp();
  await db.doc("orders/7").set({ shipped: false });

  await harness.run("order.ship", RECEIPT);

  expect(harness.followUps).toMatchObject([{ type: "receipt.send", payload: RECEIPT }]);
});

test("stops when its time is used up", async () => {
  const { harness, clock, server } = await setUp({ status: "none" });
  const failure = harness.run("receipt.send", RECEIPT).catch((error: unknown) => error);

  await once(server, "request");
  await clock.advance("20s");

  expect(await failure).toMatchObject({ message: "The attempt's time is used up." });
});

test("an order that doesn't exist has no receipt, and support is told of a death", async () => {
  const { harness } = await setUp();
  const id = "0123456789abcdef0123456789abcdef-critical";

  expect(await harness.run("order.ship", RECEIPT)).toMatchObject({ kind: "permanent" });
  await harness.run("support.tell", { deadLetterId: id, taskId: id, type: "order.ship", code: "gone", attempts: 1 });

  expect(harness.followUps).toEqual([]);
  expect(harness.logs).toMatchObject([{ message: "a task died", deadLetterId: id, code: "gone" }]);
});

const error = { code: "mail_refused", message: expect.any(String) };

test.each([
  { status: 503, result: { kind: "retry", error, retryAfterMs: 30_000 } },
  { status: 500, result: { kind: "retry", error } },
  { status: 404, result: { kind: "permanent", error } },
])("a receipt with the response $status ends as $result.kind", async ({ status, result }) => {
  const { harness } = await setUp({ status });
  expect(await harness.run("receipt.send", RECEIPT)).toEqual(result);
  expect(harness.logs).toMatchObject([{ message: "the mail service responded", status, taskType: "receipt.send" }]);
});

test.each([
  { status: 429, kind: "saturated" },
  { status: 502, kind: "retry" },
  { status: 200, kind: "succeeded" },
])("a purge with the response $status ends as $kind", async ({ status, kind }) => {
  const { harness } = await setUp({ status });
  expect(await harness.run("cdn.purge", { path: "/news" })).toMatchObject({ kind });
});

test.each([
  { status: 202, result: { kind: "snoozed", delay: { forMs: 3_600_000 } } },
  { status: 500, result: { kind: "retry", error: { code: "report_failed" } } },
  { status: 200, result: { kind: "succeeded", result: { characters: 0 } } },
])("a report with the response $status ends as $result.kind", async ({ status, result }) => {
  const { harness } = await setUp({ status });
  expect(await harness.run("report.fetch", { orderId: "7" })).toMatchObject(result);
});
