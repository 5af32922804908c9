import { expect, it } from "vitest";
import {
  DeadlineError,
  cancelAtDeadline,
  pause,
  settlesWithin,
  withDeadline,
} from "../../../../shared/runtime/deadline.ts";
import { VirtualClock } from "handoff-emulators/clock";

const TIMEOUT_MS = 1_000;

function setup() {
  const clock = new VirtualClock();
  const caller = new AbortController();
  const work = Promise.withResolvers<string>();
  const ends: unknown[] = [];
  const record = (end: Promise<unknown>) =>
    end.then(
      (value) => ends.push(value),
      (error: unknown) => ends.push(error),
    );
  return { clock, caller, work, ends, record, deadline: { clock, timeoutMs: TIMEOUT_MS, signal: caller.signal } };
}

it.each([
  ["result", (work: PromiseWithResolvers<string>) => work.resolve("done"), "done"],
  ["error", (work: PromiseWithResolvers<string>) => work.reject(new TypeError("bug")), new TypeError("bug")],
])("passes on the %s of work that ends in time, and leaves no timer", async (_name, end, expected) => {
  const { clock, work, ends, record, deadline } = setup();
  const waiting = record(withDeadline(deadline, () => work.promise));
  await clock.advance(TIMEOUT_MS - 1);
  end(work);
  await waiting;
  expect(ends).toEqual([expected]);
  expect(clock.pending).toBe(0);
});

it("gives up when the time is up, and not before", async () => {
  const { clock, work, ends, record, deadline } = setup();
  const waiting = record(withDeadline(deadline, () => work.promise));
  await clock.advance(TIMEOUT_MS - 1);
  expect(ends).toEqual([]);
  await clock.advance(1);
  await waiting;
  expect(ends).toEqual([new DeadlineError("No response within 1000 ms.")]);
  expect(clock.pending).toBe(0);
});

it("gives up if the caller goes, and leaves no timer", async () => {
  const { clock, caller, work, ends, record, deadline } = setup();
  const waiting = record(withDeadline(deadline, () => work.promise));
  caller.abort();
  await waiting;
  expect(ends).toEqual([new DeadlineError("Nothing is waiting for this any more.")]);
  expect(clock.pending).toBe(0);
});

it("gives up at once if the caller has already gone", async () => {
  const { clock, caller, work, deadline } = setup();
  caller.abort();
  await expect(withDeadline(deadline, () => work.promise)).rejects.toThrow(DeadlineError);
  expect(clock.pending).toBe(0);
});

it("needs no signal", async () => {
  const { clock } = setup();
  expect(await withDeadline({ clock, timeoutMs: TIMEOUT_MS }, () => Promise.resolve("done"))).toBe("done");
});

it("signals the work when the wait is over, and ignores its result after that", async () => {
  const { clock, work, ends, record, deadline } = setup();
  const waiting = record(
    cancelAtDeadline(deadline, (signal) => {
      signal.addEventListener("abort", () => work.reject(new Error("stopped")));
      return work.promise;
    }),
  );
  await clock.advance(TIMEOUT_MS);
  await waiting;
  expect(ends).toEqual([expect.any(DeadlineError)]);
  await expect(work.promise).rejects.toThrow("stopped");
});

it("passes on a synchronous throw, and leaves no timer", async () => {
  const { clock, deadline } = setup();
  const broken = () => {
    throw new TypeError("bug");
  };
  await expect(withDeadline(deadline, broken)).rejects.toThrow("bug");
  expect(clock.pending).toBe(0);
});

it.each([
  ["succeeds", (work: PromiseWithResolvers<string>) => work.resolve("done")],
  ["fails", (work: PromiseWithResolvers<string>) => work.reject(new Error("bug"))],
])("reports that work has settled in time when it %s", async (_name, end) => {
  const { clock, work, ends, record, deadline } = setup();
  const waiting = record(settlesWithin(deadline, work.promise));
  await clock.advance(TIMEOUT_MS - 1);
  expect(ends).toEqual([]);
  end(work);
  await waiting;
  expect(ends).toEqual([true]);
  expect(clock.pending).toBe(0);
});

it("reports that work has not settled when the time is up", async () => {
  const { clock, work, ends, record, deadline } = setup();
  const waiting = record(settlesWithin(deadline, work.promise));
  await clock.advance(TIMEOUT_MS);
  await waiting;
  expect(ends).toEqual([false]);
});

it("pauses until the time is up or the caller goes", async () => {
  const { clock, caller, ends, record, deadline } = setup();
  const first = record(pause(deadline));
  await clock.advance(TIMEOUT_MS - 1);
  expect(ends).toHaveLength(0);
  await clock.advance(1);
  await first;
  const second = record(pause(deadline));
  caller.abort();
  await second;
  expect(ends).toHaveLength(2);
  expect(clock.pending).toBe(0);
});
