import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { PendingCalls, closeFirestore } from "../../../../shared/runtime/pending-calls.ts";
import { VirtualClock } from "handoff-emulators/clock";

function setup() {
  const clock = new VirtualClock();
  const calls = new PendingCalls();
  const read = Promise.withResolvers<void>();
  const terminations: number[] = [];
  const db = { terminate: () => Promise.resolve(void terminations.push(clock.now())) };
  return { clock, calls, read, terminations, close: () => closeFirestore(db, { calls, clock }) };
}

it("closes a client at once when no call is pending", async () => {
  const { calls, read, terminations, close, clock } = setup();
  read.resolve();
  await calls.track(read.promise);

  await close();

  expect(terminations).toHaveLength(1);
  expect(clock.pending).toBe(0);
});

it("closes a client once its abandoned calls have settled, however they ended", async () => {
  const { calls, read, terminations, close, clock } = setup();
  const given = calls.track(read.promise).catch((error: unknown) => error);
  const closed = close();
  await clock.advance(499);
  expect(terminations).toEqual([]);

  read.reject(new Error("gone"));

  await closed;
  expect(terminations).toHaveLength(1);
  expect(await given).toEqual(new Error("gone"));
});

it("leaves a client open whose call has not settled within 500 ms", async () => {
  const { calls, read, terminations, close, clock } = setup();
  void calls.track(read.promise);
  const closed = close();

  await clock.advance(500);

  await closed;
  expect(terminations).toEqual([]);
});

it("waits for calls that begin while it is waiting", async () => {
  const { calls, read, terminations, close } = setup();
  const first = Promise.withResolvers<void>();
  void calls.track(first.promise).then(() => calls.track(read.promise));
  const closed = close();

  first.resolve();
  await nextTurn();
  expect(terminations).toEqual([]);
  read.resolve();

  await closed;
  expect(terminations).toHaveLength(1);
});
