import { Timestamp } from "@google-cloud/firestore";
import { VirtualClock } from "handoff-emulators/clock";
import { expect, it } from "vitest";
import { CLAIMED, setUpProducer } from "../../harness/producer/producer-harness.ts";

const ACCEPTED = "2026-03-01T10:00:00.789Z";

/** A producer whose clock stands still at the time that its tasks are accepted; the emulators' clocks go on. */
async function setup() {
  const producer = await setUpProducer({ clock: new VirtualClock({ startMs: Date.parse(ACCEPTED) }) });
  const accepted = await producer.post(JSON.stringify(CLAIMED), { "idempotency-key": "k" });
  const { id } = accepted.body;
  const [queued] = await producer.queuedTasks("default");
  const { payloadHash } = JSON.parse(String(queued?.httpRequest?.body));
  const createdAts = async () => {
    const replayed = await producer.post(JSON.stringify(CLAIMED), { "idempotency-key": "k" });
    const looked = await producer.send(`/v1/tasks/${id}`);
    return [replayed, looked].map(({ status, body }) => [status, body.state, body.createdAt]);
  };
  return {
    accepted,
    createdAts,
    writeRecord: (fields: Record<string, unknown>) => producer.writeRecord(id, { payloadHash, ...fields }),
    leaveQueue: () => producer.admin.deleteTask({ name: producer.taskName(id) }),
  };
}

it("is when the task was accepted, in the first response and while it is queued", async () => {
  const { accepted, createdAts } = await setup();
  expect([accepted.status, accepted.body.createdAt]).toEqual([202, ACCEPTED]);
  expect(await createdAts()).toEqual([
    [200, expect.any(String), ACCEPTED],
    [200, expect.any(String), ACCEPTED],
  ]);
});

it.each([
  ["running", "running"],
  ["waiting", "removed"],
  ["succeeded", "succeeded"],
  ["dead", "dead"],
  ["cancelled", "cancelled"],
])("is the same for a %s task, in its queue and once it has left it, when it is %s", async (state, stateOutside) => {
  const { createdAts, writeRecord, leaveQueue } = await setup();
  const firstSeenAt = Timestamp.fromMillis(Date.parse(ACCEPTED) + 5_000);
  await writeRecord({ state, firstSeenAt, enqueuedAt: ACCEPTED });
  const inQueue = [200, state, ACCEPTED];
  expect(await createdAts()).toEqual([inQueue, inQueue]);

  await leaveQueue();

  const outside = [200, stateOutside, ACCEPTED];
  expect(await createdAts()).toEqual([outside, outside]);
});

it("is as exact as an earlier revision's record allows", async () => {
  const { createdAts, writeRecord, leaveQueue } = await setup();
  await writeRecord({ state: "succeeded", firstSeenAt: Timestamp.fromMillis(Date.parse(ACCEPTED) + 5_000) });
  await leaveQueue();
  const expected = [200, "succeeded", "2026-03-01T10:00:05.789Z"];
  expect(await createdAts()).toEqual([expected, expected]);
});
