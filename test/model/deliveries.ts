import type { Claimant } from "../../services/worker/lifecycle/admission.ts";
import type { Concession } from "../../services/worker/lifecycle/concession.ts";
import type { Outcome } from "../../services/worker/outcome.ts";
import type { Idempotency } from "../../shared/contract/task-type.ts";
import type { Plan, Scene } from "./world/scenario.ts";
import { claimCommit, concessionCommit } from "./world/stored.ts";
import { IMPOSTOR_HASH, MAX_ATTEMPTS, PAYLOAD_HASH, type Running } from "./world/world.ts";

/** A delivery of the task arrives: its attempt claims, or begins, or is refused. */
export function arrive(scene: Scene): void {
  const attempt = newAttempt(scene);
  switch (scene.world.kind) {
    case "claim":
      return claim(scene, attempt);
    case "transaction":
      return beginTransaction(scene, attempt);
    case "natural":
      return beginNatural(scene, attempt);
  }
}

/** A delivery under the same id, of another payload. */
export function arriveAsImpostor(scene: Scene): void {
  const { kind, record, nowMs } = scene.world;
  // The producer lets no other payload in while the first one's record stands; a natural task need not have one.
  if (kind === "natural" || !record || record.expireAt.toMillis() <= nowMs) return;
  const attempt = newAttempt(scene);
  const claimant = { ...claimantOf(attempt, kind), payloadHash: IMPOSTOR_HASH };
  const on = { life: attempt.life, isImpostor: true };
  scene.transact(on, () => {
    const { world, decisions } = scene;
    const decide = kind === "claim" ? decisions.readClaim : decisions.unrecordedRun;
    const decision = decide(world.record, claimant, world.nowMs);
    if (decision.kind !== "run") return concessionPlan(scene, decision, on);
    const { owner, life } = attempt;
    return {
      commit: null,
      idle: null,
      proceed: () => scene.haveEffect({ owner, life, payloadHash: IMPOSTOR_HASH, isCommitted: false }),
    };
  });
}

/** What a running attempt tells of itself when it asks for the task. */
export function claimantOf({ owner, enqueuedAtMs, isFirstDispatch }: Running, kind: Idempotency): Claimant {
  const mayHaveRunUnseen = kind !== "claim" && !isFirstDispatch;
  return { owner, enqueuedAtMs, mayHaveRunUnseen, payloadHash: PAYLOAD_HASH, maxAttempts: MAX_ATTEMPTS };
}

/** The plan of a delivery that may not run. */
export function concessionPlan(scene: Scene, concession: Concession, on: { life: number; isImpostor?: boolean }): Plan {
  const outcome = outcomeOf(concession);
  return {
    commit: concessionCommit(scene.world, concession),
    idle: null,
    proceed: () => scene.answer(outcome, on),
  };
}

function outcomeOf(concession: Concession): Outcome {
  if (concession.kind === "answer") return concession.outcome;
  if (concession.kind === "bury") return concession.settlement.outcome;
  return { kind: "dead", error: concession.error };
}

export function newAttempt(scene: Scene): Running {
  const { owners, life, enqueuedAtMs, hasFailed } = scene.world;
  const owner = `attempt-${owners}`;
  scene.change({ owners: owners + 1 });
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

/** One commit that creates the record, or else one on condition that it is as it was read. */
function claim(scene: Scene, attempt: Running): void {
  if (scene.world.record) return claimByReading(scene, attempt);
  const commit = claimCommit(scene.world, { numbers: attempt.numbers, record: null });
  const claimed: Running = { ...attempt, leaseEndMs: 0 };
  const idle: Running = { ...claimed, state: "idle" };
  switch (scene.nextFault()) {
    case "lost-before":
      return claimByReading(scene, attempt);
    case "lost-after":
      scene.apply(commit);
      return claimByReading(scene, attempt);
    case "hangs-before":
      return scene.giveUp(attempt);
    case "hangs-after":
      scene.apply(commit);
      scene.change({ running: [...scene.world.running, scene.versioned(idle)] });
      return scene.giveUp(attempt);
    case "hangs-late":
      scene.hang({ commit, version: scene.world.version, idle });
      return scene.giveUp(attempt);
    default:
      scene.apply(commit);
      return scene.begin(scene.versioned(claimed));
  }
}

function claimByReading(scene: Scene, attempt: Running): void {
  scene.transact(attempt, () => {
    const { world, decisions } = scene;
    const decision = decisions.readClaim(world.record, claimantOf(attempt, world.kind), world.nowMs);
    if (decision.kind !== "run") return concessionPlan(scene, decision, attempt);
    const claimed: Running = { ...attempt, numbers: decision.numbers, leaseEndMs: 0 };
    return {
      commit: decision.isWritten ? null : claimCommit(world, decision),
      idle: { ...claimed, state: "idle" },
      proceed: () => scene.begin(scene.versioned(claimed)),
    };
  });
}

/** Its reads lock the record, or let its commit fail if the record has changed: both are one to the model. */
function beginTransaction(scene: Scene, attempt: Running): void {
  scene.transact(attempt, () => {
    const { world, decisions } = scene;
    const decision = decisions.unrecordedRun(world.record, claimantOf(attempt, world.kind), world.nowMs);
    if (decision.kind !== "run") return concessionPlan(scene, decision, attempt);
    const { numbers, record: read } = decision;
    const begun: Running = { ...attempt, numbers, read, version: world.version };
    return { commit: null, idle: null, proceed: () => scene.begin(begun) };
  });
}

/** Usually nothing is read. */
function beginNatural(scene: Scene, attempt: Running): void {
  const claimant = claimantOf(attempt, "natural");
  if (!scene.decisions.isLookedAt(claimant, scene.world.nowMs)) return scene.begin(attempt);
  scene.transact(attempt, () => {
    const { world, decisions } = scene;
    const decision = decisions.unrecordedRun(world.record, claimant, world.nowMs);
    if (decision.kind !== "run") return concessionPlan(scene, decision, attempt);
    return { commit: null, idle: null, proceed: () => scene.begin(attempt) };
  });
}
