import type { Claimant } from "../../services/worker/lifecycle/admission.ts";
import type { Settlement } from "../../services/worker/lifecycle/settlement.ts";
import type { Idempotency } from "../../shared/contract/task-type.ts";
import type { Asked, Plan, Scenario } from "./world/scenario.ts";
import { commitOf } from "./world/stored.ts";
import { IMPOSTOR_HASH, MAX_ATTEMPTS, PAYLOAD_HASH, type Running } from "./world/world.ts";

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
export function claimantOf({ owner, enqueuedAtMs, isFirstDispatch }: Running, kind: Idempotency): Claimant {
  const mayHaveRunUnseen = kind !== "claim" && !isFirstDispatch;
  return { owner, enqueuedAtMs, mayHaveRunUnseen, payloadHash: PAYLOAD_HASH, maxAttempts: MAX_ATTEMPTS };
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
  const { owners, life, enqueuedAtMs, hasFailed } = scenario.world;
  const owner = `attempt-${owners}`;
  scenario.change({ owners: owners + 1 });
  const numbers = { owner, fence: 1, attempts: 1 };
  return {
    owner,
    life,
    enqueuedAtMs,
    isFirstDispatch: !hasFailed,
    numbers,
    read: null,
    version: 0,
    leaseEndMs: null,
    state: "handling",
  };
}

/** One commit that creates the record, or one on condition that the record is as it was read. */
function claim(scenario: Scenario, attempt: Running): void {
  if (scenario.world.record) return claimByReading(scenario, attempt);
  const claiming = { kind: "claim", attempt: attempt.numbers, from: null } as const;
  const commit = commitOf(scenario.world, claiming, scenario);
  const claimed: Running = { ...attempt, leaseEndMs: 0 };
  const idle: Running = { ...claimed, state: "idle" };
  switch (scenario.nextFault()) {
    case "lost-before":
      return claimByReading(scenario, attempt);
    case "lost-after":
      scenario.apply(commit);
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
    const claimed: Running = { ...attempt, numbers: decision.attempt, leaseEndMs: 0 };
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
    const { attempt: numbers, from: read } = decision;
    const begun: Running = { ...attempt, numbers, read, version: world.version };
    return { commit: null, idle: null, proceed: () => scenario.begin(begun) };
  });
}

/** Usually nothing is read. */
function beginNatural(scenario: Scenario, attempt: Running): void {
  const claimant = claimantOf(attempt, "natural");
  if (!scenario.decisions.mayBeTooOld(claimant, scenario.world.nowMs)) return scenario.begin(attempt);
  scenario.transact(attempt, () => {
    const { world, decisions } = scenario;
    const decision = decisions.admitUnclaimed(world.record, claimant, world.nowMs);
    if (decision.kind === "reject") return planOf(scenario, decision, attempt);
    return { commit: null, idle: null, proceed: () => scenario.begin(attempt) };
  });
}
