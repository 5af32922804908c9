import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { TRANSPORTS, createQueue, createTask, startHarness } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

test.each(TRANSPORTS)("fails a call before it takes effect, over %s", async (transport) => {
  const harness = await startHarness({ transport });
  const queue = await createQueue(harness);
  const fault = harness.emulator.inject({
    kind: "call",
    method: "CreateTask",
    code: "UNAVAILABLE",
    when: "before",
    times: 1,
  });
  const create = (): Promise<string> => createTask(harness, queue, { id: "one" });
  expect((await rejectionOf(create)).code).toBe(status.UNAVAILABLE);
  expect(fault.hits).toBe(1);
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.receiver.received).toHaveLength(0);
  await create();
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.receiver.received).toHaveLength(1);
});

test.each(TRANSPORTS)("fails a call after it took effect, over %s", async (transport) => {
  const harness = await startHarness({ transport });
  const queue = await createQueue(harness);
  harness.emulator.inject({ kind: "call", method: "CreateTask", code: "INTERNAL", when: "after", times: 1 });
  const create = (): Promise<string> => createTask(harness, queue, { id: "one" });
  expect((await rejectionOf(create)).code).toBe(status.INTERNAL);
  expect((await rejectionOf(create)).code).toBe(status.ALREADY_EXISTS);
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.receiver.received).toHaveLength(1);
});

test("leaves the other methods alone", async () => {
  const harness = await startHarness();
  harness.emulator.inject({ kind: "call", method: "DeleteTask", code: "ABORTED", when: "before" });
  const queue = await createQueue(harness);
  await createTask(harness, queue);
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.receiver.received).toHaveLength(1);
});

test("refuses a fault for an unknown method", async () => {
  const { emulator } = await startHarness();
  const fault = { kind: "call", method: "CreateTasks", code: "ABORTED", when: "before" } as const;
  expect(() => emulator.inject(fault)).toThrow(/no method CreateTasks.*CreateTask,/);
});
