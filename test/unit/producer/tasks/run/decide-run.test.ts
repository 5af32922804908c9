import { Timestamp } from "@google-cloud/firestore";
import { describe, expect, it } from "vitest";
import { type RunDecision, decideRun } from "../../../../../services/producer/tasks/run/decide-run.ts";
import { parseTaskId } from "../../../../../shared/contract/task-id.ts";
import type { TaskRecord } from "../../../../../shared/records/task-record.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const id = parseTaskId("0123456789abcdef0123456789abcdef-default")!;
const task = { id, payloadHash: "ab".repeat(32), hop: 2 };
const ENTRY = `${id}.h2`;

function recorded(fields: Partial<TaskRecord> = {}): TaskRecord {
  return {
    state: "waiting",
    owner: "o",
    fence: 4,
    attempts: 3,
    claimedAt: null,
    leaseMs: 0,
    payloadHash: task.payloadHash,
    finishedAt: null,
    lastError: null,
    result: null,
    hop: 2,
    expireAt: Timestamp.fromMillis(NOW + 9e9),
    ...fields,
  };
}

const AT_WORK = { state: "running", claimedAt: Timestamp.fromMillis(NOW - 1_000), leaseMs: 60_000 } as const;
const LOST = { ...AT_WORK, leaseMs: 1_000 };
const DUE = Date.UTC(2030, 0, 1);

const decide = (record: TaskRecord | null, dueAtMs: number | null = null): RunDecision =>
  decideRun(record, { task, dueAtMs, owner: "token" }, NOW);

/** What is written for a record that continues. */
const moved = {
  transition: expect.objectContaining({ kind: "hop", next: { hop: 3, notBeforeMs: null } }),
  kind: "moved",
  toHop: 3,
};

describe("giving a task another time", () => {
  it("creates a record that waits for the next hop if there is none, and deletes the old entry", () => {
    const as = { owner: "token", fence: 0, from: null };
    const transition = { kind: "hop", attempts: 0, log: [], as, next: { hop: 3, notBeforeMs: DUE }, dropped: [ENTRY] };
    expect(decide(null, DUE)).toEqual({ transition, kind: "moved", toHop: 3 });
    const expired = recorded({ expireAt: Timestamp.fromMillis(NOW) });
    expect(decide(expired, DUE)).toEqual({
      transition: { ...transition, as: { ...as, fence: 5 } },
      kind: "moved",
      toHop: 3,
    });
  });

  it("names the entry of a first hop by its payload", () => {
    const decision = decideRun(null, { task: { id, payloadHash: task.payloadHash }, dueAtMs: null, owner: "t" }, NOW);
    expect(decision).toMatchObject({ toHop: 1, transition: { dropped: [`${id}.${"ab".repeat(8)}`] } });
  });

  it("keeps the attempts and the log of a waiting task", () => {
    const attemptLog = [{ attempt: 3, outcome: "retry" }];
    const transition = {
      kind: "hop",
      attempts: 3,
      log: attemptLog,
      as: null,
      next: { hop: 3, notBeforeMs: null },
      dropped: [ENTRY],
    };
    expect(decide(recorded({ attemptLog }))).toEqual({ transition, kind: "moved", toHop: 3 });
  });

  it.each<[string, Partial<TaskRecord>, object]>([
    ["runs", AT_WORK, { transition: null, kind: "running" }],
    [
      "was lost with its attempt",
      LOST,
      { ...moved, transition: expect.objectContaining({ log: [expect.objectContaining({ outcome: "lost" })] }) },
    ],
    [
      "is to be cancelled",
      { ...LOST, cancelRequestedAt: Timestamp.fromMillis(NOW) },
      { transition: null, kind: "running" },
    ],
    ["succeeded", { state: "succeeded" }, { transition: null, kind: "finished", state: "succeeded" }],
    ["is dead", { state: "dead" }, { transition: null, kind: "finished", state: "dead" }],
    ["is cancelled", { state: "cancelled" }, { transition: null, kind: "finished", state: "cancelled" }],
    ["has another payload", { payloadHash: "" }, { transition: null, kind: "foreign" }],
    ["has another payload and ended", { payloadHash: "", state: "dead" }, { transition: null, kind: "foreign" }],
    ["is at an earlier hop", { hop: 1 }, moved],
    ["is at its first hop", { hop: undefined }, moved],
    ["is at the next hop, and due at once: as wanted", { hop: 3 }, { transition: null, kind: "moved", toHop: 3 }],
    [
      "is at the next hop, and due later",
      { hop: 3, notBefore: "2030-01-01T00:00:00.000Z" },
      { transition: null, kind: "gone-on" },
    ],
    ["is at a hop after the next", { hop: 4 }, { transition: null, kind: "gone-on" }],
    ["was lost at the next hop", { ...LOST, hop: 3 }, { transition: null, kind: "gone-on" }],
  ])("of a task that %s", (_, fields, expected) => {
    expect(decide(recorded(fields))).toEqual(expected);
  });

  it("recognises its own write", () => {
    expect(decide(recorded({ hop: 3, notBefore: "2030-01-01T00:00:00.000Z" }), DUE)).toEqual({
      transition: null,
      kind: "moved",
      toHop: 3,
    });
    expect(decide(recorded({ hop: 3 }), DUE)).toEqual({ transition: null, kind: "gone-on" });
  });
});
