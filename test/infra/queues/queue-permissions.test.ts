import { expect, test } from "vitest";
import { ON_QUEUES } from "../../../infra/grants.ts";
import { startOutboxes } from "../../harness/outbox/relay-harness.ts";
import { NATURAL, setUpProducer } from "../../harness/producer/producer-harness.ts";

/** All that Cloud Tasks can be asked for (https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2). */
const CALLS = [
  "ListQueues GetQueue CreateQueue UpdateQueue DeleteQueue PurgeQueue PauseQueue ResumeQueue",
  "GetIamPolicy SetIamPolicy TestIamPermissions ListTasks GetTask CreateTask DeleteTask RunTask",
].flatMap((names) => names.split(" "));

/** The calls that a role on queues is for, each once. */
const callsOf = (role: Readonly<Record<string, string>>): string[] => [...new Set(Object.values(role))].toSorted();

test("the producer makes each call that its role on queues is for, and no other", async () => {
  const producer = await setUpProducer();
  const { id } = (await producer.enqueue(NATURAL)).body;
  const { text } = await producer.send(`/v1/tasks/${id}?include=payload`);
  for (const path of ["/v1/queues/bulk", "/v1/queues/bulk/tasks"]) await producer.send(path);
  for (const action of ["pause", "resume", "purge"]) {
    const body = action === "purge" ? { body: JSON.stringify({ queue: "bulk" }) } : {};
    const headers = { "content-type": "application/json" };
    await producer.send(`/v1/queues/bulk/${action}`, { method: "POST", headers, ...body });
  }
  await producer.cancel((await producer.enqueue(NATURAL)).body.id);

  expect(CALLS.filter((rpc) => producer.calls(rpc) > 0).toSorted()).toEqual(callsOf(ON_QUEUES.producer));
  // The full view alone has it.
  expect(JSON.parse(text)).toMatchObject({ payload: NATURAL.payload });
});

const { setUp } = startOutboxes();

test("the worker makes each call that its role on queues is for, and no other", async () => {
  const outbox = setUp();
  const before = new Map(CALLS.map((rpc) => [rpc, outbox.calls(rpc)]));
  const { id, entry } = await outbox.write();
  await outbox.relayId(id);
  // Its name is taken by now. Whose task that is, its body says.
  await outbox.write(entry);
  expect(await outbox.relayId(id)).toBe("relayed");
  const cancelled = await outbox.write();
  void outbox.tasksFaults.inject({
    rpc: "CreateTask",
    when: "after-effect",
    answer: "its-own",
    onArrival: async () => {
      await outbox.writeRecord(cancelled.taskId, { payloadHash: cancelled.payloadHash, state: "cancelled" });
      await outbox.entries.doc(cancelled.id).delete();
    },
  });
  await outbox.relayId(cancelled.id);

  const made = CALLS.filter((rpc) => outbox.calls(rpc) > (before.get(rpc) ?? 0));
  expect(made.toSorted()).toEqual(callsOf(ON_QUEUES.worker));
});
