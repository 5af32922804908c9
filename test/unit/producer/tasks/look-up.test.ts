import { trace } from "@opentelemetry/api";
import { Timestamp } from "@google-cloud/firestore";
import { describe, expect, it } from "vitest";
import { LEAST_MEMORY_MIB, admissionLimits } from "../../../../shared/contract/memory-budget.ts";
import { Admission } from "../../../../shared/http/admission.ts";
import { lookUp } from "../../../../services/producer/tasks/look-up.ts";
import type { Producer } from "../../../../services/producer/producer.ts";
import type { Sighting } from "../../../../shared/queue/task-queue.ts";
import type { TaskRecord } from "../../../../shared/records/task-record.ts";
import { TEST_REGISTRY } from "../../../harness/registry/test-registry.ts";
import { createLogger } from "../../../../shared/runtime/log.ts";
import { parseTaskId } from "../../../../shared/contract/task-id.ts";
import { VirtualClock } from "handoff-emulators/clock";

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

/** Looks up a task whose queue and records follow a script; returns what was found and how often records were read. */
async function run(sighting: Sighting, reads: (TaskRecord | undefined)[]) {
  let count = 0;
  const unused = (): never => {
    throw new Error("Not asked for here.");
  };
  const producer: Producer = {
    project: "handoff-test",
    tracer: trace.getTracer("test"),
    registry: TEST_REGISTRY,
    clock: new VirtualClock(),
    log: createLogger({ service: "test", level: "silent" }),
    admission: new Admission(admissionLimits("producer", LEAST_MEMORY_MIB)),
    maxPayloadBytes: 1,
    queue: { create: unused, probe: unused, find: async () => sighting },
    records: { probe: unused, find: async () => reads[count++] },
  };
  const { record } = await lookUp({ id, view: "basic", signal: new AbortController().signal }, producer);
  return { record, reads: count };
}

describe("looking a task up", () => {
  it("reads the record once while the queue holds the task", async () => {
    expect(await run(FOUND, [undefined])).toEqual({ record: undefined, reads: 1 });
  });

  it("reads the record once when there is one", async () => {
    expect(await run({ kind: "gone" }, [RECORD])).toEqual({ record: RECORD, reads: 1 });
  });

  it.each(["gone", "never"] as const)(
    "reads the record again when the queue says %s, since the task may have run in between",
    async (kind) => {
      expect(await run({ kind }, [undefined, RECORD])).toEqual({ record: RECORD, reads: 2 });
    },
  );
});
