import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { TRANSPORTS, createQueue, createTask, startBundle } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

test.each(TRANSPORTS)("fails a call before it takes effect, over %s", async (transport) => {
  const bundle = await startBundle({ transport });
  const queue = await createQueue(bundle);
  const fault = bundle.emulator.inject({
    kind: "call",
    method: "CreateTask",
    code: "UNAVAILABLE",
    when: "before",
    times: 1,
  });
  const create = (): Promise<string> => createTask(bundle, queue, { id: "one" });
  expect((await rejectionOf(create)).code).toBe(status.UNAVAILABLE);
  expect(fault.hits).toBe(1);
  await bundle.emulator.waitForIdle({ until: "empty" });
  expect(bundle.receiver.received).toHaveLength(0);
  await create();
  await bundle.emulator.waitForIdle({ until: "empty" });
  expect(bundle.receiver.received).toHaveLength(1);
});

test.each(TRANSPORTS)("fails a call after it took effect, over %s", async (transport) => {
  const bundle = await startBundle({ transport });
  const queue = await createQueue(bundle);
  bundle.emulator.inject({ kind: "call", method: "CreateTask", code: "INTERNAL", when: "after", times: 1 });
  const create = (): Promise<string> => createTask(bundle, queue, { id: "one" });
  expect((await rejectionOf(create)).code).toBe(status.INTERNAL);
  expect((await rejectionOf(create)).code).toBe(status.ALREADY_EXISTS);
  await bundle.emulator.waitForIdle({ until: "empty" });
  expect(bundle.receiver.received).toHaveLength(1);
});

test("leaves the other methods alone", async () => {
  const bundle = await startBundle();
  bundle.emulator.inject({ kind: "call", method: "DeleteTask", code: "ABORTED", when: "before" });
  const queue = await createQueue(bundle);
  await createTask(bundle, queue);
  await bundle.emulator.waitForIdle({ until: "empty" });
  expect(bundle.receiver.received).toHaveLength(1);
});

test("refuses a fault of a method that there is not", async () => {
  const { emulator } = await startBundle();
  const fault = { kind: "call", method: "CreateTasks", code: "ABORTED", when: "before" } as const;
  expect(() => emulator.inject(fault)).toThrow(/no method CreateTasks.*CreateTask,/);
});
