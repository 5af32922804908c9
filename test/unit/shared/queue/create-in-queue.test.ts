import { describe, expect, it } from "vitest";
import { createInQueue } from "../../../../shared/queue/create-in-queue.ts";
import { withDeadline } from "../../../../shared/runtime/deadline.ts";
import type { CreateResult, TaskQueue } from "../../../../shared/queue/task-queue.ts";
import { sealText } from "../../../../shared/contract/envelope.ts";
import { createLogger } from "../../../../shared/runtime/log.ts";
import { parseTaskId } from "../../../../shared/contract/task-id.ts";
import { VirtualClock } from "handoff-emulators/clock";

const id = parseTaskId("0123456789abcdef0123456789abcdef-default")!;
const payload = { json: "{}", hash: "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" };
const envelope = sealText({ id, type: "webhook.deliver", payload, caller: "local", enqueuedAtMs: 0 });

const CREATED: CreateResult = {
  kind: "created",
  task: { type: "webhook.deliver", createdAtMs: 0, scheduledAtMs: 0, dispatchCount: 0, responseCount: 0 },
};
const LOST: CreateResult = { kind: "unclear", cause: new Error("lost") };
const EXISTS: CreateResult = { kind: "exists" };
const THROTTLED: CreateResult = { kind: "throttled" };
const NO_QUEUE: CreateResult = { kind: "no-queue", cause: new Error("no queue") };

/** A queue that follows a script and repeats its last line; "hang" waits for the deadline. */
function setUp(...script: (CreateResult | "hang")[]) {
  const clock = new VirtualClock();
  const tries: { name: string; atMs: number; timeoutMs: number }[] = [];
  const startMs = clock.now();
  const caller = new AbortController();
  const queue: Pick<TaskQueue, "create"> = {
    async create(task, deadline) {
      const response = script[Math.min(tries.length, script.length - 1)] ?? LOST;
      tries.push({ name: task.envelope.id, atMs: clock.now() - startMs, timeoutMs: deadline.timeoutMs });
      if (response !== "hang") return response;
      return withDeadline(deadline, () => new Promise<never>(() => {})).catch((cause: unknown) => ({
        kind: "unclear" as const,
        cause,
      }));
    },
  };
  const none = (): never => {
    throw new Error("Not asked for here.");
  };
  const producer = {
    queue: { ...queue, find: none, findInEarlierShard: none, delete: none, probe: none },
    clock,
    log: createLogger({ service: "test", level: "silent" }),
  };
  const run = async () => {
    const result = await createInQueue({ envelope }, producer, caller.signal);
    return { result, tookMs: clock.now() - startMs };
  };
  return { clock, tries, caller, run };
}

describe("creating a task in its queue", () => {
  it("tries once if there is a response", async () => {
    const { run, tries } = setUp(CREATED);
    expect((await run()).result).toEqual(CREATED);
    expect(tries).toEqual([{ name: id, atMs: 0, timeoutMs: 3_000 }]);
  });

  it("retries with the same name after a pause if the response is lost", async () => {
    const { run, clock, tries } = setUp(LOST, CREATED);
    const running = run();
    await clock.advance(49);
    expect(tries).toHaveLength(1);
    await clock.advance(51);
    expect((await running).result).toEqual(CREATED);
    expect(tries.map(({ name }) => name)).toEqual([id, id]);
  });

  it("reports a taken name as somebody else's if no response was lost", async () => {
    expect((await setUp(EXISTS).run()).result).toEqual({ kind: "exists", maybeOurs: false });
  });

  it("reports a taken name as possibly ours after a lost response", async () => {
    const { run, clock } = setUp(LOST, EXISTS);
    const running = run();
    await clock.advance(100);
    expect((await running).result).toEqual({ kind: "exists", maybeOurs: true });
  });

  it.each([
    ["throttled", THROTTLED],
    ["without a queue", NO_QUEUE],
  ])("returns that it is %s", async (_, response) => {
    const { run, tries } = setUp(response);
    expect((await run()).result).toEqual(response);
    expect(tries).toHaveLength(1);
  });

  it.each([
    ["throttled", THROTTLED],
    ["without a queue", NO_QUEUE],
  ])("knows no outcome if it is %s after a lost response", async (_, response) => {
    const { run, clock } = setUp(LOST, response);
    const running = run();
    await clock.advance(100);
    expect((await running).result).toMatchObject({ kind: "unclear" });
  });

  it("gives up within ten seconds if every try is lost at once", async () => {
    const { run, clock, tries } = setUp(LOST);
    const running = run();
    await clock.advance(10_000);
    const { result, tookMs } = await running;
    expect(result).toEqual(LOST);
    expect(tookMs).toBeLessThan(10_000);
    expect(tookMs).toBeGreaterThan(8_000);
    const gaps = tries.slice(1).map(({ atMs }, index) => atMs - (tries[index]?.atMs ?? 0));
    expect(gaps.every((gapMs) => gapMs >= 50 && gapMs <= 1_000)).toBe(true);
  });

  it("gives up within ten seconds even if the wall clock is set back meanwhile", async () => {
    const { run, clock } = setUp(LOST);
    const running = run();
    await clock.advance(100);
    const realNow = clock.now.bind(clock);
    Object.assign(clock, { now: () => realNow() - 3_600_000 });
    await clock.advance(9_900);
    expect((await running).result).toEqual(LOST);
  });

  it("gives up within ten seconds if every try hangs, the last one for the remaining time", async () => {
    const { run, clock, tries } = setUp("hang");
    const running = run();
    await clock.advance(10_000);
    const { result, tookMs } = await running;
    expect(result).toMatchObject({ kind: "unclear" });
    expect(tookMs).toBeLessThanOrEqual(10_000);
    expect(tries).toHaveLength(4);
    expect(tries.every(({ atMs, timeoutMs }) => timeoutMs <= 3_000 && atMs + timeoutMs <= 10_000)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it("stops if the caller goes during a try", async () => {
    const { run, clock, tries, caller } = setUp("hang");
    const running = run();
    await clock.advance(1_000);
    caller.abort();
    expect((await running).result).toMatchObject({ kind: "unclear" });
    expect(tries).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("stops if the caller goes during a pause", async () => {
    const { run, clock, tries, caller } = setUp(LOST);
    const running = run();
    await clock.advance(10);
    caller.abort();
    expect((await running).result).toEqual(LOST);
    expect(tries).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});
