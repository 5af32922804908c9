import { Timestamp } from "@google-cloud/firestore";
import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Envelope, sealEnvelope } from "../../../shared/contract/envelope.ts";
import { CANARIES } from "../../../shared/tasks/canary.ts";
import { deliverWebhook } from "../../../shared/tasks/webhook-deliver.ts";
import { type Deployed, OWN_KEYS, otherThan, startDeployments } from "./deployments.ts";
import { inEachOrder, inEveryOrder, ofEachKind, ofEveryKind } from "./each-case.ts";
import { FAILING_TASKS } from "./failing-tasks.ts";
import { isTooShallow } from "./previous-revision.ts";
import { CALLER } from "../../harness/worker/worker-harness.ts";
import { type Workers, seal, sealWebhook, startWorkers } from "./workers.ts";

const BOTH = ["previous", "today"] as const;

/** A claim in the default queue ends after this long. */
const LEASE_MS = 50_000;
/** Deliveries of an unknown type before it becomes a dead letter. */
const MAX_UNKNOWN_TYPES = 10;
/** On a busy machine the first deliveries take seconds. */
const IDLE_LIMIT_MS = 50_000;

const tooShallow = isTooShallow();
if (tooShallow) {
  process.stdout.write("The clone is too shallow to hold the previous revision: compatibility isn't tested.\n");
}

describe.skipIf(tooShallow)("the previous revision and today's", () => {
  test("run the tasks that the other's producer has enqueued, and read the other's records", async (context) => {
    const { enqueue, view, subscribe, cloudTasks, recordedStates, db } = await startDeployments(context);
    await db.doc("accounts/payer").set({ balance: 100 });
    await db.doc("accounts/payee").set({ balance: 0 });
    const webhook = (status: number, state: string) => ({
      task: { type: "webhook.deliver", payload: { url: subscribe(status).url, event: "order.paid", data: [1] } },
      state,
    });
    const cases = [
      ...CANARIES.map(({ type, idempotency }) => ({
        task: { type, payload: { sentAt: new Date().toISOString() } },
        state: idempotency === "natural" ? "finished" : "succeeded",
      })),
      { task: { type: "ledger.transfer", payload: { from: "payer", to: "payee", amount: 1 } }, state: "succeeded" },
      { task: { type: "document.publish", payload: { documentId: "d", version: 1, content: "" } }, state: "finished" },
      webhook(204, "succeeded"),
      webhook(410, "dead"),
      webhook(503, "waiting"),
    ];

    const enqueued = [];
    for (const producer of [...BOTH, OWN_KEYS] as const) {
      // A roll-out ends before callers have keys of their own: the previous revision doesn't know them.
      const others: readonly Deployed[] = producer === OWN_KEYS ? [OWN_KEYS] : [otherThan(producer), OWN_KEYS];
      for (const { task, state } of cases) {
        const key = randomUUID();
        const { status, id } = await enqueue(producer, task, key);
        expect(status).toBe(202);
        enqueued.push({ task, key, id, state, others });
      }
    }
    await cloudTasks.waitForIdle({ timeoutMs: IDLE_LIMIT_MS });

    const results = [];
    for (const { task, key, id, others } of enqueued) {
      const seen = await view("previous", id);
      expect(await view("today", id)).toMatchObject(seen);
      for (const other of others) {
        const repeated = await enqueue(other, task, key);
        results.push({ type: task.type, state: seen["state"], other, repeated });
      }
    }
    expect(results).toEqual(
      enqueued.flatMap(({ task: { type }, state, id, others }) =>
        others.map((other) => ({ type, state, other, repeated: { status: 200, id } })),
      ),
    );
    const recorded = enqueued.filter(({ state }) => state !== "finished").map(({ id, state }) => [id, state]);
    expect(await recordedStates()).toEqual(Object.fromEntries(recorded));
    expect((await db.doc("accounts/payee").get()).get("balance")).toBe(3);
  });

  test("count each other's attempts until one succeeds, and start over once the record has expired", async (context) => {
    const workers = await startWorkers(context, BOTH);

    const results = await ofEachKind((kind) =>
      inEachOrder(async (first, second) => {
        const { task, failure, spoil, mend, effects } = FAILING_TASKS[kind](workers);
        for (const [retryCount, revision] of [first, second].entries()) {
          await spoil();
          expect(await workers.deliver(revision, task, { retryCount })).toBe(failure);
        }
        const waiting = await numbersOf(task, workers);
        // Today's worker notes the caller, and the previous one keeps it.
        const isNoted = first === "today" || second === "today";
        expect((await workers.recordOf(task))?.caller).toBe(isNoted ? CALLER : undefined);
        await mend();
        const endings = [
          await workers.deliver(first, task, { retryCount: 2 }),
          await workers.deliver(second, task, { retryCount: 3 }),
          await workers.deliver(first, task, { retryCount: 4 }),
        ];
        const done = { numbers: await numbersOf(task, workers), effects: await effects() };

        await workers.changeRecord(task, { expireAt: Timestamp.fromMillis(workers.storeClock.now() - 1) });
        const again = await workers.deliver(second, task, { retryCount: 5 });
        return { waiting, endings, done, again, startedOver: await numbersOf(task, workers) };
      }),
    );

    expect(results).toEqual(
      ofEveryKind(
        inEveryOrder({
          waiting: { state: "waiting", attempts: 2, fence: 2 },
          endings: ["200 done", "200 duplicate", "200 duplicate"],
          done: { numbers: { state: "succeeded", attempts: 3, fence: 3 }, effects: 1 },
          again: "200 done",
          startedOver: { state: "succeeded", attempts: 1, fence: 4 },
        }),
      ),
    );
  });

  test("dead-letter a task after the last attempt, whoever ran the others, and leave its letter alone", async (context) => {
    const workers = await startWorkers(context, BOTH);

    const results = await ofEachKind((kind) =>
      inEachOrder(async (first, second) => {
        const { task, attempts, failure, spoil } = FAILING_TASKS[kind](workers);
        await spoil();
        expect(await workers.deliver(first, task)).toBe(failure);
        await workers.changeRecord(task, { attempts: attempts - 1 });
        await spoil();
        const last = await workers.deliver(second, task, { retryCount: 1 });
        const letters = await workers.lettersOf(task);
        expect([...letters.keys()]).toEqual([task.id]);
        expect(letters.get(task.id)?.fields).toMatchObject(letterOf(task, { attempts }));

        const again = await workers.deliver(first, task, { retryCount: 2 });
        expect(await workers.lettersOf(task)).toEqual(letters);
        return { endings: [last, again], state: (await numbersOf(task, workers))?.state };
      }),
    );

    expect(results).toEqual(ofEveryKind(inEveryOrder({ endings: ["200 dead", "200 duplicate"], state: "dead" })));
  });

  test("keep one dead letter for another payload under the same id, and leave the record alone", async (context) => {
    const workers = await startWorkers(context, BOTH);

    const results = await ofEachKind((kind) =>
      inEachOrder(async (first, second) => {
        const { task, spoil } = FAILING_TASKS[kind](workers);
        const other = { ...FAILING_TASKS[kind](workers).task, id: task.id };
        await spoil();
        await workers.deliver(first, task);
        const record = await workers.storedRecord(task);
        expect(record?.fields).toMatchObject({ state: "waiting" });

        const endings = [
          await workers.deliver(second, other, { retryCount: 1 }),
          await workers.deliver(first, other, { retryCount: 2 }),
        ];

        expect(await workers.storedRecord(task)).toEqual(record);
        const letterId = `${task.id}-${other.payloadHash.slice(0, 16)}`;
        const letters = await workers.lettersOf(task);
        expect([...letters.keys()]).toEqual([letterId]);
        expect(letters.get(letterId)?.fields).toMatchObject(letterOf(other, { attempts: 0, code: "payload_conflict" }));
        return endings;
      }),
    );

    expect(results).toEqual(ofEveryKind(inEveryOrder(["200 dead", "200 dead"])));
  });

  test("answer 409 while an attempt has its lease, and take the task over afterwards", async (context) => {
    const workers = await startWorkers(context, BOTH);

    const results = await inEachOrder(async (first, second) => {
      const subscriber = workers.subscribe("hold");
      const task = sealWebhook(subscriber.url);
      const { underWay, answer } = await workers.deliverHeld(first, task, subscriber);
      const record = await workers.storedRecord(task);
      expect(record?.fields).toMatchObject({ state: "running" });
      subscriber.reactWith(204);

      const busy = await workers.deliver(second, task, { retryCount: 1 });
      expect(await workers.storedRecord(task)).toEqual(record);
      await workers.storeClock.advance(LEASE_MS);
      const takenOver = await workers.deliver(second, task, { retryCount: 2 });
      answer(204);

      const endings = [busy, takenOver, await underWay];
      expect(subscriber.accepted).toEqual([task.id, task.id]);
      return { endings, numbers: await numbersOf(task, workers) };
    });

    expect(results).toEqual(
      inEveryOrder({
        endings: ["409 busy", "200 done", "200 duplicate"],
        numbers: { state: "succeeded", attempts: 2, fence: 2 },
      }),
    );
  });

  test("dead-letter a task whose last attempt vanished", async (context) => {
    const workers = await startWorkers(context, BOTH);
    const { attempts } = deliverWebhook;

    const results = await inEachOrder(async (first, second) => {
      const subscriber = workers.subscribe("hold");
      const task = sealWebhook(subscriber.url);
      const { underWay, answer } = await workers.deliverHeld(first, task, subscriber);
      await workers.changeRecord(task, { attempts });
      await workers.storeClock.advance(LEASE_MS);

      const lost = await workers.deliver(second, task, { retryCount: 1 });
      answer(204);

      const endings = [lost, await underWay];
      const letter = (await workers.lettersOf(task)).get(task.id)?.fields;
      expect(letter).toMatchObject(letterOf(task, { attempts, code: "attempts_used_up" }));
      return { endings, numbers: await numbersOf(task, workers) };
    });

    expect(results).toEqual(
      inEveryOrder({ endings: ["200 dead", "200 duplicate"], numbers: { state: "dead", attempts, fence: 1 } }),
    );
  });

  test("count each other's deliveries of a type that neither knows", async (context) => {
    const workers = await startWorkers(context, BOTH);

    const results = await inEachOrder(async (first, second) => {
      const task = seal({ type: "coming.soon", queue: "default", idempotency: "claim" }, { n: 1 });
      const endings: string[] = [];
      for (let retryCount = 0; retryCount < MAX_UNKNOWN_TYPES; retryCount++) {
        endings.push(await workers.deliver(retryCount % 2 === 0 ? first : second, task, { retryCount }));
      }
      const letter = (await workers.lettersOf(task)).get(task.id)?.fields;
      expect(letter).toMatchObject(letterOf(task, { attempts: 0, code: "unknown_type" }));
      return endings;
    });

    const waiting = Array.from({ length: MAX_UNKNOWN_TYPES - 1 }, () => "404 unknown-type");
    expect(results).toEqual(inEveryOrder([...waiting, "200 dead"]));
  });

  test("agree on every field of an envelope; the previous one ignores any other", async (context) => {
    const { deliver, lettersOf, recordOf } = await startWorkers(context, ["previous"]);
    const { id, type, payload } = seal(deliverWebhook, { url: "https://example.com", event: "" });
    const traceparent = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;
    const whole = sealEnvelope({ id, type, payload, enqueuedAtMs: Date.now(), traceparent, replayOf: "letter-1" });

    expect(await deliver("previous", { ...whole, laterField: 1 })).toBe("200 dead");
    expect(await recordOf(whole)).toMatchObject({ state: "dead", payloadHash: whole.payloadHash });
    const letter = (await lettersOf(whole)).get(id)?.fields;
    expect(letter).toMatchObject({
      ...letterOf(whole, { attempts: 1, code: "invalid_payload" }),
      replayOf: "letter-1",
    });
  });
});

/** What every decision about a task goes by. */
async function numbersOf(task: Envelope, { recordOf }: Workers) {
  const record = await recordOf(task);
  return record && { state: record.state, attempts: record.attempts, fence: record.fence };
}

/** The fields that a dead letter has in either revision. */
function letterOf(task: Envelope, { attempts, code = expect.any(String) }: { attempts: number; code?: string }) {
  return {
    taskId: task.id,
    type: task.type,
    queue: task.id.split("-")[1],
    payloadJson: JSON.stringify(task.payload),
    payloadHash: task.payloadHash,
    enqueuedAt: task.enqueuedAt,
    attempts,
    error: { code, message: expect.any(String) },
    replayOf: null,
    diedAt: expect.any(Timestamp),
    expireAt: expect.any(Timestamp),
  };
}
