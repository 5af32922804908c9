import { expect, it } from "vitest";
import * as z from "zod";
import { deadNotice } from "../../../../shared/contract/new-task/dead-notice.ts";
import { defineRegistry } from "../../../../shared/contract/registry.ts";
import { secret } from "../../../../shared/contract/task-settings.ts";
import { defineTask } from "../../../../shared/contract/task-type.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";

const common = { payload: z.strictObject({}), queue: "bulk", timeoutMs: 1_000, attempts: 1 } as const;
const first = defineTask({ ...common, type: "first" });
const second = defineTask({ ...common, type: "second" });

it("finds a task type by its name, and a queue by its key", () => {
  const { types, queues } = defineRegistry({ queues: TEST_QUEUES, taskTypes: [first, second] });
  expect(types.get("second")).toBe(second);
  expect([...queues]).toEqual(Object.entries(TEST_QUEUES));
});

it.each(["constructor", "__proto__", "toString"])("has no task type and no queue %s", (name) => {
  const { types, queues } = defineRegistry({ queues: TEST_QUEUES, taskTypes: [first] });
  expect([types.has(name), queues.has(name)]).toEqual([false, false]);
});

it("refuses two task types with the same name", () => {
  expect(() => defineRegistry({ queues: TEST_QUEUES, taskTypes: [first, second, first] })).toThrow(
    new TypeError('Task type "first" is defined twice.'),
  );
});

it("refuses a task type with an undefined queue, at compile time too", () => {
  const lost = defineTask({ ...common, type: "lost", queue: "reprots" });
  // @ts-expect-error There is no queue "reprots".
  expect(() => defineRegistry({ queues: TEST_QUEUES, taskTypes: [first, lost] })).toThrow(
    new TypeError('Task type "lost": there is no queue "reprots".'),
  );
});

it.each(["", "Reports", "1st", "-a", "a-", "a_b", "a.b", "reports-h2", "h2", "a".repeat(51), "é", "a\n"])(
  "refuses the queue key %j",
  (key) => {
    expect(() => defineRegistry({ queues: { [key]: TEST_QUEUES.bulk }, taskTypes: [] })).toThrow(
      `The queue key "${key}" must be 1 to 50 lower-case letters, digits and hyphens`,
    );
  },
);

it.each(["a", "a1", "a--b", "reports-2", "h", "reports-h", "reports-h2a", "a".repeat(50)])(
  "takes the queue key %j",
  (key) => {
    expect(defineRegistry({ queues: { [key]: TEST_QUEUES.bulk }, taskTypes: [] }).queues.has(key)).toBe(true);
  },
);

it("collects the variables of all task types, which may share one", () => {
  const API_KEY = secret();
  const one = defineTask({ ...common, type: "one", settings: { API_KEY } });
  const other = defineTask({ ...common, type: "other", settings: { API_KEY, OTHER_KEY: secret() } });
  const { settings } = defineRegistry({ queues: TEST_QUEUES, taskTypes: [one, other, first] });
  expect([...settings.keys()]).toEqual(["API_KEY", "OTHER_KEY"]);
  expect(settings.get("API_KEY")).toBe(API_KEY);
});

it("refuses two declarations of one variable", () => {
  const one = defineTask({ ...common, type: "one", settings: { API_KEY: secret() } });
  const other = defineTask({ ...common, type: "other", settings: { API_KEY: secret() } });
  expect(() => defineRegistry({ queues: TEST_QUEUES, taskTypes: [one, other] })).toThrow(
    new TypeError('Task type "other" declares API_KEY, as another type does: make them share one declaration.'),
  );
});

it("reports all problems at once", () => {
  const lost = defineTask({ ...common, type: "first", queue: "lost" });
  // @ts-expect-error There is no queue "lost".
  const define = () => defineRegistry({ queues: { ...TEST_QUEUES, "a-": TEST_QUEUES.bulk }, taskTypes: [first, lost] });
  expect(define).toThrow(/The queue key "a-" .*\n.*"first" is defined twice\.\n.*no queue "lost"\./);
});

const told = defineTask({ ...common, type: "told", payload: deadNotice });

it("accepts a registered onDead whose payload can be a notice of a death", () => {
  const own = z.object({ taskId: z.string(), code: z.string() });
  const loose = defineTask({ ...common, type: "loose", payload: own });
  const taskTypes = [
    told,
    loose,
    defineTask({ ...common, type: "a", onDead: told }),
    defineTask({ ...common, type: "b", onDead: loose }),
  ];
  const { types } = defineRegistry({ queues: TEST_QUEUES, taskTypes });
  expect([types.get("a")?.onDead, types.get("b")?.onDead]).toEqual([told, loose]);
});

it("refuses an onDead that isn't registered, or isn't the registered type of its name", () => {
  const dies = defineTask({ ...common, type: "dies", onDead: told });
  const twin = defineTask({ ...common, type: "told", payload: deadNotice });
  const message = 'Task type "dies": its onDead, "told", is not one of the task types.';
  expect(() => defineRegistry({ queues: TEST_QUEUES, taskTypes: [dies] })).toThrow(new TypeError(message));
  expect(() => defineRegistry({ queues: TEST_QUEUES, taskTypes: [dies, twin] })).toThrow(new TypeError(message));
});

it("refuses an onDead with an undefined queue", () => {
  const lost = defineTask({ ...common, type: "told", payload: deadNotice, queue: "reprots" });
  const dies = defineTask({ ...common, type: "dies", onDead: lost });
  // @ts-expect-error There is no queue "reprots".
  expect(() => defineRegistry({ queues: TEST_QUEUES, taskTypes: [dies, lost] })).toThrow('no queue "reprots"');
});

it("refuses an onDead whose payload can't be a notice of a death, at compile time too", () => {
  // @ts-expect-error It needs a customer.
  defineTask({ ...common, type: "dies", onDead: defineTask({ ...common, type: "told", payload: withCustomer }) });
  const strict = defineTask({ ...common, type: "told", payload: deadNotice.extend({ attempts: z.int().positive() }) });
  const dies = defineTask({ ...common, type: "dies", onDead: strict });
  expect(() => defineRegistry({ queues: TEST_QUEUES, taskTypes: [dies, strict] })).toThrow(
    new TypeError(
      'Task type "dies": its onDead, "told", must take { deadLetterId, taskId, type, code, attempts } as its payload.',
    ),
  );
});

const withCustomer = deadNotice.extend({ customerId: z.string() });
