import type { AttemptEnd } from "../../services/worker/lifecycle/settlement.ts";
import { isTerminal } from "../../shared/records/task-record.ts";
import type { Idempotency } from "../../shared/contract/task-type.ts";
import type { Decisions } from "./decisions.ts";
import { arrive, arriveAsImpostor } from "./deliveries.ts";
import { cancel } from "./cancels.ts";
import { crash, end, getStuck } from "./endings.ts";
import { arriveAtOlder } from "./older-revision.ts";
import { type Fault, Scenario } from "./world/scenario.ts";
import { type WorldEvent, LEASE_MS, type Running, type World } from "./world/world.ts";

/** Of two attempts that both believe they are running, the one that began first or the one that began last. */
type Which = "oldest" | "newest";

/** One thing that can happen to a task. */
export type Step =
  | { readonly kind: "arrive" | "arrive-at-older" | "impostor"; readonly faults: readonly Fault[] }
  | { readonly kind: "end"; readonly which: Which; readonly how: AttemptEnd; readonly faults: readonly Fault[] }
  | { readonly kind: "crash"; readonly which: Which; readonly afterEffect: boolean }
  | { readonly kind: "get-stuck"; readonly which: Which }
  /** A hanging commit takes effect. */
  | { readonly kind: "land" }
  | { readonly kind: "wait"; readonly ms: number }
  /** Time passes until Cloud Tasks is about to delete the task. */
  | { readonly kind: "grow-old" }
  /** The producer cancels the task; whether Cloud Tasks responds to DeleteTask. */
  | { readonly kind: "cancel"; readonly faults: readonly Fault[]; readonly isDeleted: boolean }
  /** The record expires, long after the task was done, and its id is reused. */
  | { readonly kind: "expire"; readonly isDeleted: boolean };

const error = { code: "some_code", message: "Some message." };

/** What a handler returns in the model. */
export const RESULT = "done";

const ENDS: readonly AttemptEnd[] = [
  { kind: "succeeded", result: RESULT },
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
  ["lost-after", "cancelled"],
];

/** What can happen to the commit of a cancel. One that hangs meets the same condition whatever the kind. */
const CANCEL_FAULTS: Readonly<Record<Idempotency, readonly (readonly Fault[])[]>> = {
  claim: [[], ["lost-after"], ["hangs-late"]],
  natural: [[], ["lost-after"]],
  transaction: [[], ["lost-after"]],
};

/** What can happen to an attempt that has no claim to keep others away. */
const OVERTAKEN: readonly (readonly Fault[])[] = [
  ["lost-before", "overtaken"],
  ["lost-after", "overtaken"],
];

const TIME_UP: readonly (readonly Fault[])[] = [
  ["lost-before", "time-up"],
  ["lost-after", "time-up"],
];

/** The age at which Cloud Tasks is about to delete a task. */
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
    ...targets.map((which): Step => ({ kind: "get-stuck", which })),
    { kind: "land" },
    { kind: "wait", ms: LEASE_MS / 2 },
    { kind: "wait", ms: LEASE_MS },
    { kind: "grow-old" },
    ...CANCEL_FAULTS[kind].map((spoiled): Step => ({ kind: "cancel", faults: spoiled, isDeleted: true })),
    // Any other kind's task needs no response to DeleteTask: its record is enough.
    ...(kind === "natural" ? [{ kind: "cancel", faults: [], isDeleted: false } as const] : []),
    { kind: "expire", isDeleted: false },
    { kind: "expire", isDeleted: true },
  ];
}

/** Takes one step. A step that can't happen now changes nothing. */
export function takeStep(
  world: World,
  step: Step,
  decisions: Decisions,
): { readonly world: World; readonly events: readonly WorldEvent[] } {
  const scenario = new Scenario(world, {
    decisions,
    faults: "faults" in step ? step.faults : [],
    cancel: (on) => cancel(on, { isDeleted: true }),
  });
  perform(scenario, step);
  return scenario;
}

function perform(scenario: Scenario, step: Step): void {
  const { world } = scenario;
  switch (step.kind) {
    case "arrive":
      return arrive(scenario);
    case "arrive-at-older":
      return arriveAtOlder(scenario);
    case "impostor":
      return arriveAsImpostor(scenario);
    case "end":
      return withAttempt(world, step.which, (attempt) => end(scenario, attempt, step.how));
    case "crash":
      return withAttempt(world, step.which, (attempt) => crash(scenario, attempt, step));
    case "get-stuck":
      return withAttempt(world, step.which, (attempt) => getStuck(scenario, attempt));
    case "land":
      return scenario.land();
    case "wait":
      return scenario.change({ nowMs: world.nowMs + step.ms });
    case "grow-old":
      return scenario.change({ nowMs: Math.max(world.nowMs, world.enqueuedAtMs + OLD_MS) });
    case "cancel":
      return cancel(scenario, step);
    case "expire":
      return expire(scenario, step.isDeleted);
  }
}

function withAttempt(world: World, which: Which, act: (attempt: Running) => void): void {
  const attempt = attemptAt(world, which);
  if (attempt) act(attempt);
}

/** With one attempt, the oldest is the newest, so one of the two steps is enough. */
export function attemptAt({ running }: World, which: Which): Running | undefined {
  return which === "oldest" ? running[0] : running.slice(1).at(-1);
}

/**
 * Of everything in progress then, only a suspended attempt with a claim may still wake: another would write as if new.
 */
function expire(scenario: Scenario, isDeleted: boolean): void {
  const { kind, record, nowMs, life, running, version, isAcknowledged } = scenario.world;
  if (!isAcknowledged || !record || !isTerminal(record.state)) return;
  const laterMs = Math.max(nowMs, record.expireAt.toMillis());
  scenario.change({
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
