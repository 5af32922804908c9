import { Timestamp } from "@google-cloud/firestore";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { lookUp } from "../../../../../services/producer/tasks/status/look-up.ts";
import { parseTaskId } from "../../../../../shared/contract/task-id.ts";
import type { Sighting } from "../../../../../shared/queue/task-queue.ts";
import type { TaskRecord } from "../../../../../shared/records/task-record.ts";
import { TEST_REGISTRY } from "../../../../harness/registry/test-registry.ts";
import { deployTestQueues } from "../../../../harness/registry/test-queues.ts";

const id = parseTaskId("0123456789abcdef0123456789abcdef-default")!;
const FOUND: Sighting = {
  kind: "found",
  task: { type: "webhook.deliver", createdAtMs: 0, scheduledAtMs: 0, dispatchCount: 0, responseCount: 0 },
};
const RECORD: TaskRecord = {
  queue: "default",
  type: "webhook.deliver",
  state: "succeeded",
  owner: "o",
  fence: 1,
  attempts: 1,
  claimedAt: null,
  leaseMs: 45_000,
  payloadHash: "",
  firstSeenAt: Timestamp.fromMillis(0),
  finishedAt: Timestamp.fromMillis(1),
  lastError: null,
  result: null,
  expireAt: Timestamp.fromMillis(9e9),
};

/** Looks up a task whose queue and records follow a script; returns what was found and how often each was asked. */
async function run(sightings: Sighting | Sighting[], reads: (TaskRecord | undefined)[], of = id) {
  const hops: (number | undefined)[] = [];
  let [reading, queries] = [0, 0];
  const unused = (): never => {
    throw new Error("Not asked for here.");
  };
  const producer = {
    clock: new VirtualClock(),
    queue: {
      create: unused,
      delete: unused,
      findInEarlierShard: unused,
      probe: unused,
      find: async ({ hop }: { readonly hop?: number | undefined }) => {
        hops.push(hop);
        return Array.isArray(sightings) ? (sightings[hops.length - 1] ?? unused()) : sightings;
      },
    },
    records: { change: unused, probe: unused, find: async () => reads[reading++] },
    relay: {
      rules: { types: TEST_REGISTRY.types, queues: deployTestQueues((key) => key), maxPayloadBytes: 1 },
      outbox: {
        ofTask: async () => {
          queries++;
          return [];
        },
      },
    },
  };
  const { record, sighting } = await lookUp({ id: of, view: "basic", signal: new AbortController().signal }, producer);
  return { record, at: sighting.kind, reads: reading, hops: hops.map((hop) => hop ?? 0), queries };
}

describe("looking a task up", () => {
  const WAITING: TaskRecord = { ...RECORD, state: "waiting" };
  const [GONE, NEVER] = [{ kind: "gone" }, { kind: "never" }] as const;

  it("asks each once while the queue holds the task, and doesn't ask the outbox", async () => {
    expect(await run(FOUND, [undefined])).toMatchObject({ record: undefined, reads: 1, hops: [0], queries: 0 });
  });

  it("asks each once if the record shows how it ended", async () => {
    expect(await run(GONE, [RECORD])).toMatchObject({ record: RECORD, reads: 1, hops: [0], queries: 0 });
  });

  it("asks the queue for the hop that the record names", async () => {
    const record = { ...WAITING, hop: 7 };
    expect(await run([GONE, FOUND], [record])).toMatchObject({
      at: "found",
      record,
      reads: 1,
      hops: [0, 7],
      queries: 0,
    });
  });

  it("reads the record again when the queue says gone before the record says how it ended", async () => {
    expect(await run(GONE, [WAITING, RECORD])).toMatchObject({ record: RECORD, reads: 2, hops: [0], queries: 1 });
  });

  it("doesn't ask the outbox about a running attempt, or a natural task that has left its queue", async () => {
    const running: TaskRecord = { ...RECORD, state: "running" };
    expect(await run(GONE, [running, RECORD])).toMatchObject({ record: RECORD, reads: 2, queries: 0 });
    const natural = parseTaskId("0123456789abcdef0123456789abcdefn-default")!;
    expect(await run(GONE, [undefined, undefined], natural)).toMatchObject({ at: "gone", reads: 2, queries: 0 });
  });

  it.each([GONE, NEVER])(
    "reads the record again if the queue says $kind, since the task may have run",
    async (left) => {
      const hops = left === NEVER ? [0, 0] : [0];
      expect(await run(left, [undefined, RECORD])).toMatchObject({ record: RECORD, reads: 2, hops, queries: 1 });
    },
  );

  it("finds the task that the relay put into the queue between the look-ups", async () => {
    const found = { at: "found", reads: 1, hops: [0, 0], queries: 1 };
    expect(await run([NEVER, FOUND], [undefined])).toMatchObject(found);
  });

  it("follows a task that moves to its next hop meanwhile", async () => {
    const next = { ...WAITING, hop: 1 };
    expect(await run([GONE, FOUND], [WAITING, next])).toMatchObject({
      record: next,
      reads: 2,
      hops: [0, 1],
      queries: 1,
    });
  });

  it("never says gone of a task that moves on as fast as it is looked up", async () => {
    const records = Array.from({ length: 100 }, (_, hop) => ({ ...WAITING, hop }));
    const { at, record, hops } = await run(GONE, records);
    expect([at, record?.hop, hops.length]).toEqual(["never", 10, 10]);
  });
});
