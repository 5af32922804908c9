import { expect, it, onTestFinished } from "vitest";
import type { Fetch } from "../../../packages/client/src/options.ts";
import { type Clock, systemClock } from "../../../shared/runtime/clock.ts";
import { ACCOUNTS } from "../../harness/auth/callers.ts";
import { setUpConsole } from "../../harness/console/console-harness.ts";
import { watchCalls } from "../../harness/console/watched-calls.ts";
import { CLAIMED } from "../../harness/producer/producer-harness.ts";

it("shows the queues with their depths", async () => {
  const { producer, get } = await setUpConsole();
  await producer.enqueue(CLAIMED);
  const page = await get("/");
  expect(page.status).toBe(200);
  expect(page.links).toContain("/queues/default");
  expect(page.main).toMatch(/default .*1/);
  expect(page.liveSeconds).toBe(5);
});

it("shows the person and their role", async () => {
  const { get } = await setUpConsole({ person: ACCOUNTS.viewer });
  const page = await get("/");
  expect(page.status).toBe(200);
  expect(page.text).toContain(`${ACCOUNTS.viewer} viewer`);
});

/** The producer of a project where nobody counts. */
const NOT_COUNTED = { throughput: undefined };

it("shows the other parts when the producer has no source of counts", async () => {
  const { get } = await setUpConsole({ producer: NOT_COUNTED });
  const page = await get("/");
  expect([page.status, page.liveSeconds]).toEqual([200, 5]);
  expect(page.main).toMatch(
    /Last hour No source of counts is configured .* Code: throughput-not-counted Queues Queue State /,
  );
  expect(page.main).toContain("None are open");
});

const HEADINGS = { queues: "Queues", throughput: "Last hour", "dead-letters/summary": "Dead letters" } as const;

it.each(Object.entries(HEADINGS))("says that %s alone can't be read, in its place", async (part, heading) => {
  const calls = watchCalls();
  const { get } = await setUpConsole({ fetch: calls.fetch });
  calls.decide((call) => (call === `GET /v1/${part}` ? "not reached" : "passes"));
  const { status, main } = await get("/");
  expect(status).toBe(200);
  expect(main).toMatch(new RegExp(`${heading} The producer at \\S+ did not respond\\. .* Code: unreachable`));
  expect(main.match(/did not respond/g)).toHaveLength(1);
  for (const other of Object.values(HEADINGS)) expect(main).toContain(other);
});

it("shows the queues without their types if those can't be read", async () => {
  const calls = watchCalls();
  const { get } = await setUpConsole({ fetch: calls.fetch });
  calls.decide((call) => (call === "GET /v1/task-types" ? "not reached" : "passes"));
  const { status, main } = await get("/");
  expect([status, main]).toEqual([200, expect.stringMatching(/default paused .* can't be read now/)]);
});

it("is an error page if nothing can be read", async () => {
  const calls = watchCalls();
  const { get } = await setUpConsole({ fetch: calls.fetch });
  calls.decide((call) => (call === "GET /v1/me" ? "passes" : "not reached"));
  const page = await get("/?a=b");
  expect([page.status, page.liveSeconds]).toEqual([502, undefined]);
  expect(page.main).toContain("Check that it is running");
  expect(page.links).toContain("/?a=b");
});

it("waits five seconds for a part, and asks the producer once, however often the page is loaded meanwhile", async () => {
  const asked: string[] = [];
  const { promise: never, reject: giveUp } = Promise.withResolvers<Response>();
  onTestFinished(() => giveUp(new TypeError("fetch failed")));
  const slow: Fetch = async (url, init) => {
    if (!url.includes("/v1/throughput")) return await fetch(url, init);
    asked.push(url);
    return await never;
  };
  const { clock, waits } = createLastPartClock();
  const { get } = await setUpConsole({ fetch: slow, clock });
  for (const _ of [1, 2, 3]) {
    const { status, main } = await get("/");
    expect([status, main]).toEqual([200, expect.stringMatching(/Last hour The producer takes too long .* Queues /)]);
  }
  expect(asked).toHaveLength(1);
  expect(new Set(waits)).toEqual(new Set([5_000]));
});

/** A clock on which time is up for a wait as soon as all the others are over. */
function createLastPartClock(): { readonly clock: Clock; readonly waits: readonly number[] } {
  const pending = new Set<() => void>();
  const waits: number[] = [];
  const setTimer: Clock["setTimer"] = (delayMs, callback) => {
    waits.push(delayMs);
    pending.add(callback);
    return {
      cancel() {
        pending.delete(callback);
        const [last] = pending;
        if (pending.size === 1) last?.();
      },
    };
  };
  return { clock: { ...systemClock, setTimer }, waits };
}
