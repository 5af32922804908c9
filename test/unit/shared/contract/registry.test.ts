import { expect, it } from "vitest";
import { z } from "zod";
import { BUILT_IN_TASK_TYPES, createCatalogue } from "../../../../shared/contract/registry.ts";
import { defineTask } from "../../../../shared/contract/task-type.ts";

const taskType = (type: string) =>
  defineTask({ type, payload: z.strictObject({}), queue: "bulk", timeoutMs: 1_000, attempts: 1 });

it("finds a task type by its name", () => {
  const second = taskType("b");
  expect(createCatalogue([taskType("a"), second]).get("b")).toBe(second);
});

it("refuses two task types of one name", () => {
  expect(() => createCatalogue([taskType("a"), taskType("b"), taskType("a")])).toThrow('"a" is defined twice');
});

it.each(["constructor", "__proto__", "toString"])("has no task type %s", (name) => {
  expect(createCatalogue([taskType("a")]).has(name)).toBe(false);
});

it("ships a task type and a canary of each kind of idempotency, each kind on a queue of its own", () => {
  const shipped = [...BUILT_IN_TASK_TYPES.values()].map(({ type, idempotency, queue }) => [type, idempotency, queue]);
  expect(shipped).toEqual([
    ["webhook.deliver", "claim", "default"],
    ["ledger.transfer", "transaction", "critical"],
    ["document.publish", "natural", "bulk"],
    ["canary.claim", "claim", "default"],
    ["canary.transaction", "transaction", "critical"],
    ["canary.natural", "natural", "bulk"],
  ]);
});

it.each([
  ["webhook.deliver", { url: "https://example.com/hook", event: "order.paid", data: { deep: [1, null] } }],
  ["ledger.transfer", { from: "alice", to: "bob", amount: 1 }],
  ["document.publish", { documentId: "hello", version: 0, content: "" }],
])("accepts a payload of %s", (type, payload) => {
  expect(BUILT_IN_TASK_TYPES.get(type)?.payload.safeParse(payload).data).toEqual(payload);
});

it.each([
  ["webhook.deliver", { url: "ftp://example.com", event: "e", data: null }],
  ["webhook.deliver", { url: "/relative", event: "e", data: null }],
  ["webhook.deliver", { url: "https://example.com", event: "", data: null }],
  ["webhook.deliver", { url: "https://example.com", event: "e" }],
  ["webhook.deliver", { url: "https://example.com", event: "e", data: null, headers: {} }],
  ["webhook.deliver", { url: `https://example.com/${"a".repeat(2_083)}`, event: "e", data: null }],
  ["ledger.transfer", { from: "alice", to: "alice", amount: 1 }],
  ["ledger.transfer", { from: "alice", to: "bob", amount: 0 }],
  ["ledger.transfer", { from: "alice", to: "bob", amount: 1.5 }],
  ["ledger.transfer", { from: "alice", to: "bob", amount: 2 ** 53 }],
  ["ledger.transfer", { from: "../x", to: "bob", amount: 1 }],
  ["ledger.transfer", { from: "__x__", to: "bob", amount: 1 }],
  ["document.publish", { documentId: "a/b", version: 1, content: "" }],
  ["document.publish", { documentId: "a\n", version: 1, content: "" }],
  ["document.publish", { documentId: "a", version: -1, content: "" }],
  ["document.publish", { documentId: "a", version: "1", content: "" }],
])("refuses the payload of %s that is %j", (type, payload) => {
  expect(BUILT_IN_TASK_TYPES.get(type)?.payload.safeParse(payload).success).toBe(false);
});
