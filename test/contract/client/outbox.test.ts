import { status } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { createClient } from "handoff-client/outbox";
import { VirtualClock } from "handoff-emulators/clock";
import { deliverWebhook } from "../../harness/registry/test-registry.ts";
import { setUpOutbox } from "../../harness/outbox/outbox-harness.ts";
import { listenForRelays } from "./relaying-producer.ts";

const PAYLOAD = { url: "https://example.com/hook", event: "order.paid", data: { order: 7 } };
const DAY_MS = 24 * 60 * 60_000;

/** An application with an order of its own, and a client whose producer keeps what it is asked to relay. */
async function setUpApplication(options: { clock?: VirtualClock; caller?: string } = {}) {
  const outbox = await setUpOutbox(options.clock ? { clock: options.clock } : {});
  const producer = await listenForRelays();
  const caller = options.caller === undefined ? {} : { caller: options.caller };
  const handoff = createClient({ url: producer.url, outbox: { db: outbox.appDb, ...caller } });
  return { ...outbox, handoff, producer, order: outbox.appDb.doc("orders/7") };
}

test("a task is enqueued once when its transaction commits, however often it is relayed", async () => {
  const { handoff, order, relayAll, entries, queued, producer } = await setUpApplication();

  const id = await handoff.transaction(async (tx) => {
    tx.set(order, { paid: true });
    return handoff.enqueueIn(tx, deliverWebhook, PAYLOAD, { idempotencyKey: "receipt-7" });
  });
  const [entry] = await entries();

  expect(producer.requests).toEqual([{ path: "/v1/outbox/relay", authorization: undefined, ids: [entry?.id] }]);
  expect(await Promise.all([relayAll(), relayAll()])).toContainEqual(["relayed"]);
  expect(await relayAll()).toEqual([]);
  expect(await queued("default")).toMatchObject([
    { type: "webhook.deliver", caller: "local", envelope: { id, payload: PAYLOAD } },
  ]);
  expect((await order.get()).data()).toEqual({ paid: true });
});

test("writing an entry reads nothing", async () => {
  const { handoff, calls } = await setUpApplication();

  await handoff.transaction(async (tx) => {
    handoff.enqueueIn(tx, deliverWebhook, PAYLOAD, { idempotencyKey: "a" });
  });

  expect([calls("Commit"), calls("BatchGetDocuments"), calls("RunQuery")]).toEqual([1, 0, 0]);
});

test("a task is never enqueued when its transaction is rolled back", async () => {
  const { handoff, order, entries, producer } = await setUpApplication();

  const failing = handoff.transaction(async (tx) => {
    tx.set(order, { paid: true });
    handoff.enqueueIn(tx, deliverWebhook, PAYLOAD, { idempotencyKey: "receipt-7" });
    throw new Error("no stock");
  });

  await expect(failing).rejects.toThrow("no stock");
  expect(await entries()).toEqual([]);
  expect(producer.requests).toEqual([]);
});

test("a task that is too late for its transaction is refused, not silently lost", async () => {
  const { handoff, entries } = await setUpApplication();
  const late = await handoff.transaction((tx) => {
    return Promise.resolve(() => handoff.enqueueIn(tx, deliverWebhook, PAYLOAD, { idempotencyKey: "late" }));
  });

  expect(late).toThrow("The transaction has ended");
  expect(await entries()).toEqual([]);
});

test("only the attempt that committed is relayed when the callback runs again", async () => {
  const { handoff, faults, entries, producer } = await setUpApplication();
  void faults.inject({ rpc: "Commit", when: "before-effect", answer: { status: status.ABORTED } });
  let attempt = 0;

  await handoff.transaction(async (tx) => {
    attempt++;
    // An order may change between two attempts, and what has to be done about it.
    handoff.enqueueIn(tx, deliverWebhook, PAYLOAD, { idempotencyKey: `attempt-${attempt}` });
  });

  expect(attempt).toBe(2);
  const [entry] = await entries();
  expect(entry?.get("origin")).toEqual(["outbox", "webhook.deliver", "attempt-2"]);
  expect(producer.requests.map(({ ids }) => ids)).toEqual([[entry?.id]]);
});

test("a task is enqueued once if the response of its commit is lost", async () => {
  const { handoff, faults, relayAll, queued } = await setUpApplication();
  // The entry is relayed before the callback runs again and writes it anew.
  const relayed: unknown[] = [];
  void faults.inject({
    rpc: "Commit",
    when: "after-effect",
    answer: { status: status.ABORTED },
    onEffect: async () => void relayed.push(...(await relayAll())),
  });
  let attempts = 0;

  await handoff.transaction(async (tx) => {
    attempts++;
    handoff.enqueueIn(tx, deliverWebhook, PAYLOAD, { idempotencyKey: "receipt-7" });
  });

  expect([attempts, relayed]).toEqual([2, ["relayed"]]);
  expect(await relayAll()).toEqual(["relayed"]);
  expect(await queued("default")).toHaveLength(1);
});

test("a batch enqueues all of its tasks, and nothing is sent before the relay", async () => {
  const { handoff, appDb, entries, relayAll, queued, producer } = await setUpApplication({
    caller: "Shop@Example.com",
  });
  const batch = appDb.batch();
  for (const order of [1, 2, 3]) {
    handoff.enqueueIn(batch, deliverWebhook, { ...PAYLOAD, data: { order } }, { idempotencyKey: `receipt-${order}` });
  }
  expect(await entries()).toEqual([]);

  await batch.commit();

  expect(producer.requests).toEqual([]);
  expect(await relayAll()).toEqual(["relayed", "relayed", "relayed"]);
  const tasks = await queued("default");
  expect(tasks.map(({ caller }) => caller)).toEqual(["shop@example.com", "shop@example.com", "shop@example.com"]);
});

test("a key that is reused with another payload gets a dead letter, and no second task", async () => {
  const { handoff, relayAll, queued, deadLetters } = await setUpApplication();
  const enqueue = (event: string) =>
    handoff.transaction(async (tx) => {
      handoff.enqueueIn(tx, deliverWebhook, { ...PAYLOAD, event }, { idempotencyKey: "receipt-7" });
    });

  await enqueue("order.paid");
  expect(await relayAll()).toEqual(["relayed"]);
  await enqueue("order.refunded");
  expect(await relayAll()).toEqual(["refused"]);

  expect(await queued("default")).toMatchObject([{ envelope: { payload: { event: "order.paid" } } }]);
  expect(await deadLetters()).toMatchObject([{ code: "payload_conflict", status: "open" }]);
});

test("a task is due at once even if the application's clock is a day ahead", async () => {
  const clock = new VirtualClock({ startMs: Date.now() - DAY_MS });
  const { handoff, entries, relayAll, queued } = await setUpApplication({ clock });

  await handoff.transaction(async (tx) => {
    handoff.enqueueIn(tx, deliverWebhook, PAYLOAD, { idempotencyKey: "receipt-7" });
  });

  const [entry] = await entries();
  expect(entry?.get("relayAt").toMillis()).toBeLessThan(Date.now() - DAY_MS / 2);
  expect(await relayAll()).toEqual(["relayed"]);
  const [task] = await queued("default");
  expect(task?.envelope?.hopAt).toBe(new Date(clock.now()).toISOString());
  expect(task?.notBefore).toBeUndefined();
});

test("a due time is the task's schedule time in its queue", async () => {
  const { handoff, appDb, relayAll, queued } = await setUpApplication();
  const scheduleTime = new Date(Date.now() + DAY_MS).toISOString();
  const batch = appDb.batch();

  handoff.enqueueIn(batch, deliverWebhook, PAYLOAD, { idempotencyKey: "at", scheduleTime });
  await batch.commit();
  await relayAll();

  expect(await queued("default")).toMatchObject([{ notBefore: scheduleTime, scheduledAtMs: Date.parse(scheduleTime) }]);
});

test("a transaction without tasks sends no request, even if it only reads", async () => {
  const { handoff, order, producer } = await setUpApplication();

  await handoff.transaction(async (tx) => void tx.set(order, { paid: true }));
  const read = await handoff.transaction(async (tx) => (await tx.get(order)).data(), { readOnly: true });

  expect(read).toEqual({ paid: true });
  expect(producer.requests).toEqual([]);
});

test("a hundred tasks are sent in one request, the next ones in another", async () => {
  const { handoff, producer } = await setUpApplication();

  await handoff.transaction(async (tx) => {
    for (let n = 0; n < 101; n++) handoff.enqueueIn(tx, deliverWebhook, PAYLOAD, { idempotencyKey: `n-${n}` });
    handoff.enqueueIn(tx, deliverWebhook, PAYLOAD, { idempotencyKey: "n-0" });
  });

  expect(new Set(producer.requests.map(({ ids }) => ids.length))).toEqual(new Set([1, 100]));
});

test("a producer that hangs costs 300 ms, and one that fails or is gone costs nothing else", async () => {
  const { appDb, entries } = await setUpOutbox();
  const hanging = await listenForRelays({ answer: null });
  const failing = await listenForRelays({ answer: 503 });
  const unhandled: unknown[] = [];
  const keep = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", keep);
  onTestFinished(() => void process.off("unhandledRejection", keep));
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const commitBy = async (options: Omit<Parameters<typeof createClient>[0], "outbox">, idempotencyKey: string) => {
    const handoff = createClient({ ...options, outbox: { db: appDb } });
    const startedMs = performance.now();
    await handoff.transaction(async (tx) => {
      handoff.enqueueIn(tx, deliverWebhook, PAYLOAD, { idempotencyKey });
    });
    return performance.now() - startedMs;
  };
  await commitBy({ url: failing.url }, "warm-up");
  const timersBefore = timers();

  expect(await commitBy({ url: hanging.url }, "hanging")).toBeGreaterThanOrEqual(299);
  const never = (): Promise<string> => new Promise(() => {});
  expect(await commitBy({ url: failing.url, auth: never }, "no-token")).toBeGreaterThanOrEqual(299);
  const refuse = (): never => {
    throw new Error("no credentials");
  };
  for (const [key, options] of Object.entries({
    failing: { url: failing.url },
    gone: { url: "http://127.0.0.1:9" },
    refusing: { url: failing.url, auth: refuse },
    rejecting: { url: failing.url, auth: async () => refuse() },
  })) {
    expect(await commitBy(options, key)).toBeLessThan(299);
  }

  expect(timers()).toBeLessThanOrEqual(timersBefore);
  expect(await entries()).toHaveLength(7);
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
});

test("a token of the application's own is for the producer's address", async () => {
  const { appDb } = await setUpOutbox();
  const { url, requests } = await listenForRelays();
  const handoff = createClient({ url: `${url}/`, auth: async (audience) => `for-${audience}`, outbox: { db: appDb } });

  await handoff.transaction(async (tx) => {
    handoff.enqueueIn(tx, deliverWebhook, PAYLOAD, { idempotencyKey: "a" });
  });

  expect(requests).toMatchObject([{ authorization: `Bearer for-${url}` }]);
});

test("a payload that doesn't match the task's type is refused before it is written", async () => {
  const { handoff, appDb, entries } = await setUpApplication();
  const batch = appDb.batch();
  const idempotencyKey = "a";
  const enqueue = (payload: object, options: object = { idempotencyKey }) => {
    // @ts-expect-error -- JavaScript has no types.
    return () => handoff.enqueueIn(batch, deliverWebhook, payload, options);
  };

  expect(enqueue({ ...PAYLOAD, url: "ftp://x", event: "" })).toThrow(
    "The payload is not one of webhook.deliver: payload.url must be an http or https URL; payload.event ",
  );
  expect(enqueue({ ...PAYLOAD, data: [1, undefined] })).toThrow("payload.data.1 is missing");
  expect(enqueue({ ...PAYLOAD, data: { at: new Date(0) } })).toThrow("payload.data.at is an instance of Date");
  expect(enqueue(PAYLOAD, {})).toThrow("idempotencyKey is missing");
  expect(enqueue(PAYLOAD, { idempotencyKey: "a b" })).toThrow("idempotencyKey must be 1 to 255 visible ASCII");
  expect(enqueue(PAYLOAD, { idempotencyKey, delaySeconds: 1, scheduleTime: "2099-01-01T00:00:00Z" })).toThrow(
    "delaySeconds can't be combined",
  );
  expect(enqueue(PAYLOAD, { idempotencyKey, delay: 1 })).toThrow("delay is not a known field");
  for (const bad of [enqueue({}), enqueue(PAYLOAD, {})]) expect(bad).toThrow(TypeError);
  await batch.commit();
  expect(await entries()).toEqual([]);
});
