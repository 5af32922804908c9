import { Timestamp } from "@google-cloud/firestore";
import type { AttemptEnd } from "../../services/worker/lifecycle/attempt-end.ts";
import { leaseMsOf } from "../../shared/contract/queues.ts";
import { TEST_QUEUES } from "../harness/registry/test-queues.ts";
import { type TaskRecord, isTerminal } from "../../shared/records/task-record.ts";
import type { Idempotency } from "../../shared/contract/task-type.ts";
import type { Decisions } from "./decisions.ts";
import { arrive, arriveAsImpostor } from "./deliveries.ts";
import { crash, end, runAway } from "./endings.ts";
import { arriveAtOlder } from "./older-revision.ts";
import { type Fault, Scene } from "./world/scenario.ts";
import type { Happening, Running, World } from "./world/world.ts";

/** Of two attempts that think that they run, the one that began first, or the one that began last. */
type Which = "oldest" | "newest";

/** One thing that can happen to a task. */
export type Step =
  | { readonly kind: "arrive" | "arrive-at-older" | "impostor"; readonly faults: readonly Fault[] }
  | { readonly kind: "end"; readonly which: Which; readonly how: AttemptEnd; readonly faults: readonly Fault[] }
  | { readonly kind: "crash"; readonly which: Which; readonly afterEffect: boolean }
  | { readonly kind: "run-away"; readonly which: Which }
  /** A commit that hung takes effect. */
  | { readonly kind: "land" }
  | { readonly kind: "wait"; readonly ms: number }
  /** Time passes until Cloud Tasks is about to delete the task. */
  | { readonly kind: "grow-old" }
  /** The producer cancels the task. */
  | { readonly kind: "cancel" }
  /** The record's time is over, long after the task was done, and its id is used again. */
  | { readonly kind: "expire"; readonly isDeleted: boolean };

const error = { code: "some_code", message: "Some message." };

const ENDS: readonly AttemptEnd[] = [
  { kind: "succeeded", result: null },
  { kind: "retry", error },
  { kind: "permanent", error },
  { kind: "saturated", error },
  { kind: "released" },
];

const FAULTS: readonly (readonly Fault[])[] = [
  [],
  ["lost-before"],
  ["lost-after"],
  ["hangs-before"],
  ["hangs-after"],
  ["hangs-late"],
  ["lost-after", "hangs-before"],
];

/** What can befall an attempt that has no claim to keep others away. */
const OVERTAKEN: readonly (readonly Fault[])[] = [
  ["lost-before", "overtaken"],
  ["lost-after", "overtaken"],
];

const TIME_UP: readonly (readonly Fault[])[] = [
  ["lost-before", "time-up"],
  ["lost-after", "time-up"],
];

/** A lease's length, and the age at which Cloud Tasks is about to delete a task. */
export const LEASE_MS = leaseMsOf(TEST_QUEUES.default);
const OLD_MS = 30.5 * 24 * 60 * 60_000;

/** Everything that can happen to a task of a kind. */
export function stepsOf(kind: Idempotency): readonly Step[] {
  const faults: readonly (readonly Fault[])[] = {
    claim: FAULTS,
    natural: [...FAULTS, ...OVERTAKEN],
    transaction: [...FAULTS, ...OVERTAKEN, ...TIME_UP],
  }[kind];
  const targets: readonly Which[] = ["oldest", "newest"];
  return [
    ...FAULTS.map((spoiled): Step => ({ kind: "arrive", faults: spoiled })),
    ...[...FAULTS, ...OVERTAKEN].map((spoiled): Step => ({ kind: "arrive-at-older", faults: spoiled })),
    ...[[], ["lost-after"] as const].map((spoiled): Step => ({ kind: "impostor", faults: spoiled })),
    ...targets.flatMap((which) =>
      ENDS.flatMap((how) => faults.map((spoiled): Step => ({ kind: "end", which, how, faults: spoiled }))),
    ),
    ...targets.flatMap((which) => [true, false].map((afterEffect): Step => ({ kind: "crash", which, afterEffect }))),
    ...targets.map((which): Step => ({ kind: "run-away", which })),
    { kind: "land" },
    { kind: "wait", ms: LEASE_MS / 2 },
    { kind: "wait", ms: LEASE_MS },
    { kind: "grow-old" },
    { kind: "cancel" },
    { kind: "expire", isDeleted: false },
    { kind: "expire", isDeleted: true },
  ];
}

/** Takes one step. A step that can't happen now changes nothing. */
export function takeStep(
  world: World,
  step: Step,
  decisions: Decisions,
): { readonly world: World; readonly happenings: readonly Happening[] } {
  const scene = new Scene(world, { decisions, faults: "faults" in step ? step.faults : [] });
  happen(scene, step);
  return scene;
}

function happen(scene: Scene, step: Step): void {
  const { world } = scene;
  switch (step.kind) {
    case "arrive":
      return arrive(scene);
    case "arrive-at-older":
      return arriveAtOlder(scene);
    case "impostor":
      return arriveAsImpostor(scene);
    case "end":
      return withAttempt(world, step.which, (attempt) => end(scene, attempt, step.how));
    case "crash":
      return withAttempt(world, step.which, (attempt) => crash(scene, attempt, step));
    case "run-away":
      return withAttempt(world, step.which, (attempt) => runAway(scene, attempt));
    case "land":
      return scene.land();
    case "wait":
      return scene.change({ nowMs: world.nowMs + step.ms });
    case "grow-old":
      return scene.change({ nowMs: Math.max(world.nowMs, world.enqueuedAtMs + OLD_MS) });
    case "cancel":
      return cancel(scene);
    case "expire":
      return expire(scene, step.isDeleted);
  }
}

function withAttempt(world: World, which: Which, act: (attempt: Running) => void): void {
  const attempt = attemptAt(world, which);
  if (attempt) act(attempt);
}

/** With one attempt, the oldest is the newest: one of the two steps is enough. */
export function attemptAt({ running }: World, which: Which): Running | undefined {
  return which === "oldest" ? running[0] : running.slice(1).at(-1);
}

/** As the design has it: any live state becomes cancelled, and so does a task that has no record yet. */
function cancel(scene: Scene): void {
  const { record, nowMs } = scene.world;
  if (record && isTerminal(record.state)) return;
  const owner = "canceller";
  const before = record ?? { ...NEVER_CLAIMED, expireAt: Timestamp.fromMillis(nowMs + 2 * OLD_MS) };
  const now = Timestamp.fromMillis(nowMs);
  const cancelled = { ...before, state: "cancelled", claimedAt: null, leaseMs: 0, finishedAt: now } as const;
  scene.apply({ record: () => (record ? cancelled : { ...cancelled, owner }), fence: before.fence });
}

const NEVER_CLAIMED: Omit<TaskRecord, "expireAt"> = {
  queue: "default",
  type: "test.model",
  state: "waiting",
  owner: "nobody",
  fence: 0,
  attempts: 0,
  claimedAt: null,
  leaseMs: 0,
  payloadHash: "a".repeat(64),
  firstSeenAt: Timestamp.fromMillis(0),
  finishedAt: null,
  lastError: null,
  result: null,
};

/** Of all that was under way then, a claimed attempt that was suspended may still wake: another would write as if new. */
function expire(scene: Scene, isDeleted: boolean): void {
  const { kind, record, nowMs, life, running, version, isAcknowledged } = scene.world;
  if (!isAcknowledged || !record || !isTerminal(record.state)) return;
  const laterMs = Math.max(nowMs, record.expireAt.toMillis());
  scene.change({
    nowMs: laterMs,
    enqueuedAtMs: laterMs,
    life: life + 1,
    effects: [],
    letters: { own: false, conflict: false },
    hasFailed: false,
    isAcknowledged: false,
    running: kind === "claim" ? running : [],
    hung: null,
    ...(isDeleted ? { record: null, version: version + 1 } : {}),
  });
}
