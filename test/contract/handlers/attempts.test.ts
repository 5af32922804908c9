import type { Firestore } from "@google-cloud/firestore";
import { expect, test } from "vitest";
import { type HandlerResult, failPermanently, succeeded } from "../../../services/worker/runner/handler.ts";
import { StuckHandlerError } from "../../../services/worker/testing/attempt.ts";
import { type Parts, setUp, setUpStore } from "./recording-handlers.ts";

const never = (): Promise<HandlerResult> => Promise.withResolvers<HandlerResult>().promise;

test("an error of a handler is rethrown as it is", async () => {
  const bug = new RangeError("A bug.");
  const { harness, clock } = setUp({ handle: () => Promise.reject(bug) });
  await expect(harness.run("test.claim", { n: 1 })).rejects.toBe(bug);
  expect(clock.pending).toBe(0);
});

test("a result that the worker would drop is dropped", async () => {
  const { harness } = setUp({ handle: () => Promise.resolve(succeeded("x".repeat(64 * 1024))) });
  expect(await harness.run("test.claim", { n: 1 })).toEqual({ kind: "succeeded", result: null });
  expect(harness.logs).toMatchObject([{ severity: "ERROR" }]);
});

test("the signal fires when the timeout is used up, and the handler's later result is returned", async () => {
  const end = Promise.withResolvers<HandlerResult>();
  const { harness, runs, clock } = setUp({ handle: () => end.promise });
  const running = harness.run("test.claim", { n: 1 });
  await clock.advance(9_999);
  expect(runs[0]?.context.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(runs[0]?.context.signal.aborted).toBe(true);
  end.resolve(succeeded(1));
  expect(await running).toEqual({ kind: "succeeded", result: 1 });
  expect(clock.pending).toBe(0);
});

test("a handler that ignores its timeout is stuck after three seconds", async () => {
  const { harness, clock } = setUp({ handle: never });
  const ended = harness.run("test.claim", { n: 1 }).catch((error: unknown) => error);
  await clock.advance(12_999);
  expect(clock.pending).toBe(1);
  await clock.advance(1);
  expect(await ended).toBeInstanceOf(StuckHandlerError);
  expect(await ended).toMatchObject({
    message: "test.claim kept running for 3000 ms after its signal: The attempt's time is used up.",
  });
  expect(clock.pending).toBe(0);
});

test("a test stops a handler as a shutdown does: it has one second", async () => {
  const { harness, runs, clock } = setUp({ handle: never });
  const shutdown = new AbortController();
  const ended = harness
    .run("test.claim", { n: 1 }, { signal: shutdown.signal })
    .catch((error: unknown) => `${clock.now()}: ${String(error)}`);
  expect(runs[0]?.context.signal.aborted).toBe(false);
  shutdown.abort();
  expect(runs[0]?.context.signal.aborted).toBe(true);
  const stuckAtMs = clock.now() + 1_000;
  await clock.advance(1_000);
  expect(await ended).toContain(`${stuckAtMs}: Error: test.claim kept running for 1000 ms after its signal`);
});

test("a signal that has already fired is passed on", async () => {
  const { harness, runs } = setUp();
  await harness.run("test.claim", { n: 1 }, { signal: AbortSignal.abort() });
  expect(runs[0]?.context.signal.aborted).toBe(true);
});

test("a transaction is refused without a db, and nothing runs", async () => {
  const { harness, runs } = setUp();
  await expect(harness.run("test.stored", { n: 1 })).rejects.toThrow(
    "test.stored runs in a transaction: pass a db to createHarness.",
  );
  expect(runs).toEqual([]);
});

/** Writes a document, then ends. */
const writeAnd =
  (db: () => Firestore, end: () => HandlerResult): NonNullable<Parts["store"]> =>
  async ({ transaction }) => {
    await transaction.get(db().doc("things/a"));
    transaction.set(db().doc("things/a"), { n: 1 });
    return end();
  };

test("a transaction commits if it succeeds: reads and writes are those of the worker, without the record", async () => {
  const store = await setUpStore(writeAnd(() => store.db, succeeded));
  expect(await store.harness.run("test.stored", { n: 1 })).toMatchObject({ kind: "succeeded" });
  expect(Object.fromEntries(store.emulator.calls)).toEqual({ BatchGetDocuments: 2, Commit: 1 });
  expect((await store.db.doc("things/a").get()).data()).toEqual({ n: 1 });
  expect(await store.db.listCollections()).toHaveLength(1);
});

test.each([
  { title: "fails permanently", end: () => failPermanently({ code: "c", message: "m" }), ended: "permanent" },
  {
    title: "throws",
    end: () => {
      throw new RangeError("A bug.");
    },
    ended: "RangeError",
  },
])("a transaction that $title leaves nothing behind", async ({ end, ended }) => {
  const store = await setUpStore(writeAnd(() => store.db, end));
  const run = store.harness.run("test.stored", { n: 1 });
  expect(
    await run.then(
      ({ kind }) => kind,
      (error: Error) => error.name,
    ),
  ).toBe(ended);
  expect(store.runs).toHaveLength(1);
  expect(await store.db.listCollections()).toEqual([]);
});

test("a transaction whose commit loses to another runs its handler again", async () => {
  const store = await setUpStore(writeAnd(() => store.db, succeeded));
  store.emulator.inject({ kind: "call", method: "Commit", code: "ABORTED", when: "before", times: 1 });
  expect(await store.harness.run("test.stored", { n: 1 })).toMatchObject({ kind: "succeeded" });
  expect(store.runs).toHaveLength(2);
});
