import { expect, it } from "vitest";
import * as z from "zod";
import { type FollowUpOptions, FollowUps } from "../../../../services/worker/runner/follow-ups.ts";
import { type HandlerContext, bindHandler, succeeded } from "../../../../services/worker/runner/handler.ts";
import { type Idempotency, type TaskType, defineTask } from "../../../../shared/contract/task-type.ts";
import { parseTaskId } from "../../../../shared/contract/task-id.ts";
import { CALLER, sealTask } from "../../../harness/worker/worker-harness.ts";
import { naturalTaskType } from "../../../harness/worker/scripted-handler.ts";
import { VirtualClock } from "handoff-emulators/clock";

const child = defineTask({
  type: "test.child",
  payload: z.strictObject({ n: z.int(), text: z.string().optional() }),
  queue: "critical",
  timeoutMs: 1_000,
  attempts: 1,
});
const ID = "0123456789abcdef0123456789abcdefn-bulk";
const parent = { ...sealTask(naturalTaskType, { n: 1 }), id: parseTaskId(ID) ?? unreachable() };

function unreachable(): never {
  throw new Error("The id is well-formed.");
}

function setUp(kind: Idempotency = "claim") {
  const clock = new VirtualClock();
  const types = new Map<string, TaskType>([[child.type, child]]);
  const rules = { parent, taskType: (type: string) => types.get(type), maxPayloadBytes: 300_000 };
  const followUps = new FollowUps(rules, { clock, kind });
  const add = (options?: FollowUpOptions, payload: unknown = { n: 1 }) => followUps.add(child, payload, options);
  return { clock, followUps, add };
}

it("derives a child's id from its parent, its type and its key", () => {
  const { followUps, add, clock } = setUp();
  add({ key: "first" });

  expect(followUps.end()).toEqual([
    {
      entry: {
        // SHA-256 of child, the parent's id, the type and the key, joined by NUL.
        taskId: "f69b9c49a17c421cf0b0fcfffbc339a4-critical",
        type: "test.child",
        payloadJson: '{"n":1}',
        origin: ["child", parent.id, "test.child", "first"],
        caller: CALLER,
        enqueuedAt: new Date(clock.now()).toISOString(),
        notBefore: undefined,
        hop: 0,
        parentId: parent.id,
        traceparent: undefined,
      },
      payloadHash: "2bfd14f43d17fc7cea24e0917a8879b4b2f880b8baeec1b9d90fbaad655e71bd",
    },
  ]);
});

it("numbers children that have no key", () => {
  const { followUps, add } = setUp();
  add();
  add({ key: "second" });
  add();

  expect(followUps.end().map(({ entry }) => entry.origin?.[3])).toEqual(["#1", "second", "#3"]);
});

it("is due at once, after a number of seconds, or at a time in any zone", () => {
  const { followUps, clock, add } = setUp();
  const atMs = clock.now() + 5_400_000;
  const local = new Date(atMs + 2 * 3_600_000).toISOString().replace("Z", "+02:00");
  add();
  add({ delaySeconds: 90 });
  add({ scheduleTime: local });

  const dueAt = followUps.end().map(({ entry }) => entry.notBefore);
  expect(dueAt).toEqual([undefined, new Date(clock.now() + 90_000).toISOString(), new Date(atMs).toISOString()]);
});

it.each([
  ["a key with a space", { key: "a b" }, "key must be 1 to 255 visible ASCII characters"],
  ["an empty key", { key: "" }, "key must be"],
  ["a key of 256 characters", { key: "k".repeat(256) }, "key must be"],
  ["two times", { delaySeconds: 1, scheduleTime: "2040-01-01T00:00:00Z" }, "can't be combined"],
  ["a time that is over", { scheduleTime: "2000-01-01T00:00:00Z" }, "is in the past"],
  ["a time that is none", { scheduleTime: "tomorrow" }, "must be an RFC 3339 time"],
  ["a negative wait", { delaySeconds: -1 }, "delaySeconds"],
  ["no wait at all", { delaySeconds: Number.NaN }, "delaySeconds"],
])("refuses %s", (_, options, message) => {
  const { followUps, add } = setUp();
  expect(() => add(options)).toThrow(message);
  expect(followUps.end()).toEqual([]);
});

it("refuses a payload that doesn't match the type", () => {
  const { followUps, add } = setUp();
  expect(() => add({}, { n: "1" })).toThrow(TypeError);
  expect(() => add({}, { n: 1, text: "x".repeat(300_001) })).toThrow("bytes");
  expect(followUps.end()).toEqual([]);
});

it("refuses unregistered types, and another type with a registered name", () => {
  const { followUps } = setUp();
  expect(() => followUps.add("test.other", {})).toThrow('There is no task type "test.other" in shared/tasks/index.ts.');
  const twin = defineTask({ ...child, attempts: 2 });
  expect(() => followUps.add(twin, { n: 1 })).toThrow("is another one than this");
});

it("refuses the same type and key twice", () => {
  const { add } = setUp();
  add({ key: "#2" });
  expect(() => add({ key: "#2" })).toThrow('already enqueued a test.child with the key "#2"');
  // The second one's default.
  expect(() => add()).toThrow('already enqueued a test.child with the key "#2"');
});

it("refuses the 101st task", () => {
  const { followUps, add } = setUp();
  for (let n = 0; n < 100; n++) add();
  expect(() => add()).toThrow(new RangeError("An attempt can enqueue at most 100 tasks."));
  expect(followUps.end()).toHaveLength(100);
});

it("accepts 4 MiB of payloads, and not a byte more", () => {
  const { followUps, add } = setUp();
  // {"n":1,"text":"…"} has 17 bytes around its text.
  const ofBytes = (bytes: number) => ({ n: 1, text: "x".repeat(bytes - 17) });
  for (let n = 0; n < 16; n++) add({}, ofBytes(256 * 1_024 - (n === 0 ? 17 : 0)));
  expect(() => add({}, ofBytes(18))).toThrow(RangeError);
  add({}, ofBytes(17));
  expect(followUps.end()).toHaveLength(17);
});

it("refuses everything after the handler has ended", () => {
  const { followUps, add } = setUp();
  followUps.end();
  expect(() => add()).toThrow("The handler has ended");
});

it("requires a key for a natural task's children", () => {
  const { add } = setUp("natural");
  expect(() => add()).toThrow("give the test.child that it enqueues a key");
  expect(() => add({ key: "k" })).not.toThrow();
});

it("the compiler checks payloads, and that a natural task's children have keys", () => {
  const claim = defineTask({ ...child, type: "test.parent" });
  const natural = defineTask({ ...claim, idempotency: "natural" });
  const never = async (context: HandlerContext<typeof claim>) => {
    context.enqueue(child, { n: 1 });
    context.enqueue("test.child", { n: 1 }, { delaySeconds: 5 });
    // @ts-expect-error -- n is a number.
    context.enqueue(child, { n: "1" });
    return succeeded();
  };
  const neither = async (_: unknown, context: HandlerContext<typeof natural>) => {
    context.enqueue(child, { n: 1 }, { key: "k" });
    // @ts-expect-error -- It has no key.
    context.enqueue(child, { n: 1 });
    return succeeded();
  };
  expect([never, bindHandler(natural, neither)]).toHaveLength(2);
});
