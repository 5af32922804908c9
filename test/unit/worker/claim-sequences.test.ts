import { Timestamp } from "@google-cloud/firestore";
import { array, assert, constantFrom, property } from "fast-check";
import { expect, it } from "vitest";
import { type ClaimDecision, decideClaim } from "../../../services/worker/claim-decision.ts";
import { decideSettlement } from "../../../services/worker/settlement.ts";
import { expiryFrom, type TaskRecord } from "../../../shared/records/task-record.ts";

const STEPS = ["claim", "succeed", "fail", "release", "half a lease", "a lease"] as const;
type Step = (typeof STEPS)[number];

const MAX_ATTEMPTS = 2;
const LEASE_MS = 1_000;
const failed = { kind: "retry", error: { code: "c", message: "m" } } as const;

/** One task's record in memory, with the attempts that think that they run. Settling needs owner and fence, as rule 3 has it. */
class Task {
  nowMs = 0;
  record: TaskRecord | null = null;
  running: { owner: string; fence: number; leaseEndMs: number }[] = [];
  #claims = 0;

  claim(): ClaimDecision {
    const owner = `attempt-${this.#claims++}`;
    const before = this.record;
    const decision = decideClaim(
      before,
      { owner, payloadHash: "h", maxAttempts: MAX_ATTEMPTS, enqueuedAtMs: this.nowMs },
      this.nowMs,
    );
    if (decision.kind === "take") {
      const { fence, attempts } = decision;
      this.#write(before, { state: "running", owner, fence, attempts, leaseMs: LEASE_MS });
      this.running.push({ owner, fence, leaseEndMs: this.nowMs + LEASE_MS });
    } else if (decision.kind === "exhausted") {
      this.record = { ...decision.record, state: "dead", claimedAt: null };
    }
    return decision;
  }

  /** The attempt that has run longest ends. */
  settle(end: Parameters<typeof decideSettlement>[0]): void {
    const attempt = this.running.shift();
    const record = this.record;
    if (!attempt || record?.state !== "running") return;
    if (record.owner !== attempt.owner || record.fence !== attempt.fence) return;
    const { state, attempts } = decideSettlement(end, record.attempts, MAX_ATTEMPTS);
    this.#write(record, { state, owner: attempt.owner, fence: attempt.fence, attempts, leaseMs: 0 });
  }

  #write(
    before: TaskRecord | null,
    numbers: Pick<TaskRecord, "state" | "owner" | "fence" | "attempts" | "leaseMs">,
  ): void {
    const now = Timestamp.fromMillis(this.nowMs);
    this.record = {
      ...numbers,
      queue: "default",
      type: "t",
      payloadHash: "h",
      claimedAt: numbers.state === "running" ? now : null,
      firstSeenAt: before?.firstSeenAt ?? now,
      finishedAt: null,
      lastError: null,
      result: null,
      expireAt: expiryFrom(this.nowMs),
    };
  }
}

/** Takes the steps one by one and checks, after each, what must hold whatever came before. */
function expectPromisesKept(steps: readonly Step[]): void {
  const task = new Task();
  for (const step of steps) {
    const before = { record: task.record, nowMs: task.nowMs, running: [...task.running] };
    const decision = take(step, task);
    expect({ broken: brokenPromises(before, decision, task.record), steps }).toEqual({ broken: [], steps });
  }
}

function brokenPromises(
  before: Pick<Task, "record" | "nowMs" | "running">,
  decision: ClaimDecision | undefined,
  after: TaskRecord | null,
): string[] {
  const broken: string[] = [];
  const owner = before.record?.state === "running" ? before.record.owner : undefined;
  const ownerStillHolds = before.running.some((one) => one.owner === owner && one.leaseEndMs > before.nowMs);
  if (decision?.kind === "take" && ownerStillHolds) broken.push("takes nothing while a lease runs");
  if (isTerminal(before.record) && after !== before.record) broken.push("leaves a terminal record as it is");
  const grownBy = (after?.fence ?? 0) - (before.record?.fence ?? 0);
  if (grownBy !== (decision?.kind === "take" ? 1 : 0))
    broken.push("grows the fence by one with each claim, and only then");
  if ((after?.attempts ?? 0) > MAX_ATTEMPTS) broken.push("makes no attempt beyond the last");
  return broken;
}

/** What a claim decided; undefined for other steps. */
function take(step: Step, task: Task): ClaimDecision | undefined {
  switch (step) {
    case "claim":
      return task.claim();
    case "succeed":
      task.settle({ kind: "succeeded", result: null });
      return undefined;
    case "fail":
      task.settle(failed);
      return undefined;
    case "release":
      task.settle({ kind: "released" });
      return undefined;
    case "half a lease":
      task.nowMs += LEASE_MS / 2;
      return undefined;
    case "a lease":
      task.nowMs += LEASE_MS;
      return undefined;
  }
}

function isTerminal(record: TaskRecord | null): boolean {
  return record !== null && ["succeeded", "dead", "cancelled"].includes(record.state);
}

function* sequencesOf(length: number): Generator<Step[]> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const rest of sequencesOf(length - 1)) for (const step of STEPS) yield [...rest, step];
}

it("keeps its promises in every sequence of five steps", () => {
  let count = 0;
  for (const steps of sequencesOf(5)) {
    expectPromisesKept(steps);
    count++;
  }
  expect(count).toBe(7_776);
});

it("keeps its promises in long sequences", () => {
  assert(property(array(constantFrom(...STEPS), { maxLength: 60 }), expectPromisesKept), { numRuns: 300 });
});

it("buries a task after its last attempt, though each attempt was lost without a word", () => {
  const task = new Task();
  const kinds = ["claim", "a lease", "claim", "a lease", "claim", "claim"] as const;
  expect(kinds.map((step) => take(step, task)?.kind).filter(Boolean)).toEqual([
    "take",
    "take",
    "exhausted",
    "duplicate",
  ]);
  expect(task.record).toMatchObject({ state: "dead", attempts: 2, fence: 2 });
});

it("doesn't count attempts that were released", () => {
  const task = new Task();
  for (const step of ["claim", "release", "claim", "release", "claim", "release"] as const) take(step, task);
  expect(task.record).toMatchObject({ state: "waiting", attempts: 0, fence: 3 });
});

it("lets no late attempt settle a record that was taken over", () => {
  const task = new Task();
  for (const step of ["claim", "a lease", "claim", "succeed"] as const) take(step, task);
  expect(task.record).toMatchObject({ state: "running", owner: "attempt-1", fence: 2 });
});
