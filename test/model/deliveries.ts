import type { Claimant } from "../../services/worker/lifecycle/admission.ts";
import type { Settlement } from "../../services/worker/lifecycle/settlement.ts";
import type { Idempotency } from "../../shared/contract/task-type.ts";
import type { Asked, Plan, Scenario } from "./world/scenario.ts";
import { TASK, commitOf } from "./world/stored.ts";
import { IMPOSTOR_HASH, INSTANCE, MAX_ATTEMPTS, PAYLOAD_HASH, type Running } from "./world/world.ts";

/** A delivery of the task arrives: its attempt claims, or begins, or is refused. */
export function arrive(scenario: Scenario): void {
  const attempt = newAttempt(scenario);
  switch (scenario.world.kind) {
    case "claim":
      return claim(scenario, attempt);
    case "transaction":
      return beginTransaction(scenario, attempt);
    case "natural":
      return beginNatural(scenario, attempt);
  }
}

/** A delivery of another payload under the same id. */
export function arriveAsImpostor(scenario: Scenario): void {
  const { kind, record, nowMs } = scenario.world;
  // The producer admits no other payload while the first one's record exists; a natural task may have none.
  if (kind === "natural" || !record || record.expireAt.toMillis() <= nowMs) return;
  const attempt = newAttempt(scenario);
  const claimant = { ...claimantOf(attempt, kind), payloadHash: IMPOSTOR_HASH };
  const on = { life: attempt.life, isImpostor: true };
  scenario.transact(on, () => {
    const { world, decisions } = scenario;
    const decide = kind === "claim" ? decisions.admitClaim : decisions.admitUnclaimed;
    const decision = decide(world.record, claimant, world.nowMs);
    if (decision.kind === "reject") return planOf(scenario, decision, on);
    const { owner, life } = attempt;
    return {
      commit: null,
      idle: null,
      proceed: () => scenario.haveEffect({ owner, life, payloadHash: IMPOSTOR_HASH, isCommitted: false }),
    };
  });
}

/** What a running attempt says about itself when it asks for the task. */
export function claimantOf(
  { owner, enqueuedAtMs, isFirstDispatch, startedAtMs }: Running,
  kind: Idempotency,
): Claimant {
  const age = {
    hopAtMs: enqueuedAtMs,
    isRepeated: !isFirstDispatch,
    mayHaveRunUnseen: kind !== "claim" && !isFirstDispatch,
  };
  const start = { hop: 0, instance: INSTANCE, startedAtMs, taskId: TASK.envelope.id };
  return { owner, payloadHash: PAYLOAD_HASH, maxAttempts: MAX_ATTEMPTS, ...age, ...start };
}

/**
 * Plans what a delivery leaves behind, whether it may not run or has ended.
 *
 * @param fence the fence that its writer holds, if it isn't the record's or the transition's own.
 */
export function planOf(scenario: Scenario, { transition, outcome }: Settlement, on: Asked, fence?: number): Plan {
  const by = {
    decisions: scenario.decisions,
    ...(fence === undefined ? {} : { fence }),
    ...(on.isImpostor ? { payloadHash: IMPOSTOR_HASH } : {}),
  };
  return {
    commit: transition && commitOf(scenario.world, transition, by),
    idle: null,
    proceed: () => scenario.answer(outcome, on),
  };
}

export function newAttempt(scenario: Scenario): Running {
  const { owners, life, enqueuedAtMs, hasFailed, nowMs } = scenario.world;
  const owner = `attempt-${owners}`;
  scenario.change({ owners: owners + 1 });
  const numbers = { owner, fence: 1, attempts: 1 };
  return {
    owner,
    life,
    enqueuedAtMs,
    isFirstDispatch: !hasFailed,
    startedAtMs: nowMs,
    numbers,
    log: [],
    read: null,
    version: 0,
    leaseEndMs: null,
    state: "handling",
  };
}

/** One commit that creates the record, or one on condition that the record is as it was read. */
function claim(scenario: Scenario, attempt: Running): void {
  if (scenario.world.record || !attempt.isFirstDispatch) return claimByReading(scenario, attempt);
  const claiming = { kind: "claim", attempt: attempt.numbers, instance: INSTANCE, from: null, log: [] } as const;
  const commit = commitOf(scenario.world, claiming, scenario);
  const claimed: Running = { ...attempt, leaseEndMs: 0 };
  const idle: Running = { ...claimed, state: "idle" };
  switch (scenario.nextFault()) {
    case "lost-before":
      return claimByReading(scenario, attempt);
    case "lost-after":
      scenario.apply(commit);
      scenario.cancelIfNext();
      return claimByReading(scenario, attempt);
    case "hangs-before":
      return scenario.giveUp(attempt);
    case "hangs-after":
      scenario.apply(commit);
      scenario.change({ running: [...scenario.world.running, scenario.versioned(idle)] });
      return scenario.giveUp(attempt);
    case "hangs-late":
      scenario.hang({ commit, version: scenario.world.version, idle });
      return scenario.giveUp(attempt);
    default:
      scenario.apply(commit);
      return scenario.begin(scenario.versioned(claimed));
  }
}

function claimByReading(scenario: Scenario, attempt: Running): void {
  scenario.transact(attempt, () => {
    const { world, decisions } = scenario;
    const decision = decisions.admitClaim(world.record, claimantOf(attempt, world.kind), world.nowMs);
    if (decision.kind === "reject") return planOf(scenario, decision, attempt);
    const claimed: Running = { ...attempt, numbers: decision.attempt, log: decision.log, leaseEndMs: 0 };
    return {
      commit: decision.transition && commitOf(world, decision.transition, scenario),
      idle: { ...claimed, state: "idle" },
      proceed: () => scenario.begin(scenario.versioned(claimed)),
    };
  });
}

/** Its reads lock the record, or its commit fails if the record has changed: the model treats both alike. */
function beginTransaction(scenario: Scenario, attempt: Running): void {
  scenario.transact(attempt, () => {
    const { world, decisions } = scenario;
    const decision = decisions.admitUnclaimed(world.record, claimantOf(attempt, world.kind), world.nowMs);
    if (decision.kind === "reject") return planOf(scenario, decision, attempt);
    const { attempt: numbers, from: read, log } = decision;
    const begun: Running = { ...attempt, numbers, read, log, version: world.version };
    return { commit: null, idle: null, proceed: () => scenario.begin(begun) };
  });
}

/** A first dispatch reads nothing, usually; the record of a task that comes again may say that it was cancelled. */
function beginNatural(scenario: Scenario, attempt: Running): void {
  const claimant = claimantOf(attempt, "natural");
  const isOld = scenario.decisions.mayBeTooOld(claimant, scenario.world.nowMs);
  if (attempt.isFirstDispatch && !isOld) return scenario.begin(attempt);
  scenario.transact(attempt, () => {
    const { world, decisions } = scenario;
    const decision = decisions.admitUnclaimed(world.record, claimant, world.nowMs);
    if (decision.kind === "reject") return planOf(scenario, decision, attempt);
    return { commit: null, idle: null, proceed: () => scenario.begin(attempt) };
  });
}
