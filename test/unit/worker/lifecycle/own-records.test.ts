import { Timestamp } from "@google-cloud/firestore";
import { describe, expect, it } from "vitest";
import { admitClaim, admitUnclaimed } from "../../../../services/worker/lifecycle/admission.ts";
import { randomTaskId } from "../../../../shared/contract/task-id.ts";
import type { TaskRecord } from "../../../../shared/records/task-record.ts";

const NOW_MS = Date.UTC(2026, 0, 2);
const CLAIMANT = {
  owner: "mine",
  payloadHash: "same",
  maxAttempts: 3,
  hopAtMs: NOW_MS,
  isRepeated: true,
  taskId: randomTaskId({ queue: "default", idempotency: "claim" }),
  mayHaveRunUnseen: false,
  hop: 0,
  instance: "mine/1",
  startedAtMs: NOW_MS,
};

/** What the attempt's own commit left, as a callback that runs again finds it. */
const own = (state: TaskRecord["state"]): TaskRecord => ({
  queue: "default",
  type: "test.any",
  state,
  owner: "mine",
  fence: 5,
  attempts: 2,
  claimedAt: null,
  leaseMs: 0,
  payloadHash: "same",
  firstSeenAt: Timestamp.fromMillis(NOW_MS),
  finishedAt: null,
  lastError: null,
  result: { n: 1 },
  attemptLog: [{ attempt: 1 }],
  expireAt: Timestamp.fromMillis(NOW_MS + 1_000),
});

describe("a claim that finds its own record", () => {
  it.each(["running", "waiting"] as const)("runs, with nothing left to write, when it is %s", (state) => {
    expect(admitClaim(own(state), CLAIMANT, NOW_MS)).toEqual({
      kind: "run",
      attempt: { owner: "mine", fence: 5, attempts: 2 },
      from: own(state),
      log: [{ attempt: 1 }],
      transition: null,
    });
  });

  it.each(["succeeded", "dead", "cancelled"] as const)("does not run when it has been %s meanwhile", (state) => {
    expect(admitClaim(own(state), CLAIMANT, NOW_MS)).toEqual({
      kind: "reject",
      outcome: { kind: "duplicate", state },
      transition: null,
    });
  });
});

describe("a transaction that finds its own record", () => {
  it.each([
    ["succeeded", { kind: "done", result: { n: 1 } }],
    ["dead", { kind: "duplicate", state: "dead" }],
    ["cancelled", { kind: "duplicate", state: "cancelled" }],
    ["running", { kind: "busy", retryAfterMs: 1_000 }],
    ["waiting", { kind: "busy", retryAfterMs: 1_000 }],
  ] as const)("does not run its handler again when it has %s", (state, outcome) => {
    expect(admitUnclaimed(own(state), CLAIMANT, NOW_MS)).toEqual({ kind: "reject", outcome, transition: null });
  });
});
