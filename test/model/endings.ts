import type { AttemptEnd } from "../../services/worker/lifecycle/attempt-end.ts";
import type { Claimant } from "../../services/worker/lifecycle/admission.ts";
import { claimantOf, concessionPlan, newAttempt } from "./deliveries.ts";
import type { Plan, Scene } from "./world/scenario.ts";
import { recordCommit, settleCommit } from "./world/stored.ts";
import { MAX_ATTEMPTS, PAYLOAD_HASH, type Running } from "./world/world.ts";

const TIMED_OUT: AttemptEnd = { kind: "timed-out", error: { code: "timeout", message: "Too late." } };

const FAILED: AttemptEnd = { kind: "threw", error: { code: "handler_threw", message: "It failed." } };

/** An attempt's handler ends, and the attempt settles. */
export function end(scene: Scene, attempt: Running, how: AttemptEnd): void {
  leave(scene, attempt);
  const isWork = attempt.state !== "idle";
  if (how.kind === "succeeded" && isWork && scene.world.kind !== "transaction") affect(scene, attempt);
  // Its answer has been given, and its claim lasts until its lease ends: only its transaction may yet commit.
  if (attempt.state === "runaway" && !(scene.world.kind === "transaction" && how.kind === "succeeded")) return;
  switch (scene.world.kind) {
    case "claim":
      return settleClaimed(scene, attempt, isWork ? how : { kind: "released" });
    case "transaction":
      return how.kind === "succeeded" ? commitTransaction(scene, attempt, how) : settleByItself(scene, attempt, how);
    case "natural":
      return settleByItself(scene, attempt, how);
  }
}

/** The attempt's process is killed. Nobody hears of it but Cloud Tasks, whose delivery fails. */
export function crash(scene: Scene, attempt: Running, { afterEffect }: { afterEffect: boolean }): void {
  leave(scene, attempt);
  if (afterEffect && attempt.state !== "idle" && scene.world.kind !== "transaction") affect(scene, attempt);
  if (attempt.life === scene.world.life) scene.change({ hasFailed: true });
}

/** The handler ignores its signal: it is answered and still at work. Only a natural task's attempt is settled. */
export function runAway(scene: Scene, attempt: Running): void {
  if (attempt.state !== "handling") return;
  const { kind, running } = scene.world;
  scene.change({ running: running.map((one) => (one === attempt ? { ...one, state: "runaway" } : one)) });
  if (kind === "natural") return settleByItself(scene, attempt, TIMED_OUT);
  scene.answer({ kind: "failed", error: { code: "timeout", message: "Too late." } }, attempt);
}

function leave(scene: Scene, attempt: Running): void {
  scene.change({ running: scene.world.running.filter((one) => one !== attempt) });
}

function affect(scene: Scene, { owner, life }: Running): void {
  scene.haveEffect({ owner, life, payloadHash: PAYLOAD_HASH, isCommitted: false });
}

/** A commit on condition that the record is as the claim left it, or else as it is read again. */
function settleClaimed(scene: Scene, attempt: Running, how: AttemptEnd): void {
  const { numbers, version } = attempt;
  const settlement = scene.decisions.settlement(how, numbers, MAX_ATTEMPTS);
  const byReading = (): void => settleByReading(scene, attempt, settlement);
  const commit = scene.world.record && settleCommit(scene.world, numbers.fence, settlement);
  const apply = (): boolean => {
    if (!commit || scene.world.version !== version) return false;
    scene.apply(commit);
    return true;
  };
  switch (scene.nextFault()) {
    case "lost-before":
      return byReading();
    case "lost-after":
      apply();
      return byReading();
    case "hangs-before":
      return scene.giveUp(attempt);
    case "hangs-after":
      apply();
      return scene.giveUp(attempt);
    case "hangs-late":
      if (commit) scene.hang({ commit, version, idle: null });
      return scene.giveUp(attempt);
    default:
      return apply() ? scene.answer(settlement.outcome, attempt) : byReading();
  }
}

function settleByReading(
  scene: Scene,
  attempt: Running,
  settlement: Parameters<Scene["decisions"]["claimedSettlement"]>[2],
): void {
  scene.transact(attempt, () => {
    const { world, decisions } = scene;
    const decision = decisions.claimedSettlement(world.record, attempt.numbers, settlement);
    if (decision.kind === "answer") return concessionPlan(scene, decision, attempt);
    return {
      commit: settleCommit(world, attempt.numbers.fence, decision.settlement),
      idle: null,
      proceed: () => scene.answer(decision.settlement.outcome, attempt),
    };
  });
}

function settleByItself(scene: Scene, attempt: Running, how: AttemptEnd): void {
  settleUnrecorded(scene, attempt, { claimant: claimantOf(attempt, scene.world.kind), end: how });
}

/** An attempt ends that wrote nothing before. */
export function settleUnrecorded(
  scene: Scene,
  attempt: Running,
  claim: { readonly claimant: Claimant; readonly end: AttemptEnd },
): void {
  const known = scene.decisions.withoutRecord(claim.end, attempt);
  if (known) return scene.answer(known, attempt);
  let triedFence: number | null = null;
  const makePlan = (): Plan => {
    const { world, decisions } = scene;
    const decision = decisions.unrecordedSettlement(world.record, { ...claim, triedFence }, world.nowMs);
    if (decision.kind !== "settle") return concessionPlan(scene, decision, attempt);
    const { numbers, settlement } = decision;
    triedFence = numbers.fence;
    return {
      commit: recordCommit(world, decision),
      idle: null,
      proceed: () => scene.answer(settlement.outcome, attempt),
    };
  };
  scene.transact(attempt, makePlan, { overtake: () => failToo(scene, claim) });
}

/** A transaction whose time is up looks what became of its commit; if that didn't take effect, nobody has failed. */
function lookOnce(scene: Scene, attempt: Running): void {
  scene.transact(attempt, () => {
    const { world, decisions } = scene;
    const decision = decisions.unrecordedRun(world.record, claimantOf(attempt, world.kind), world.nowMs);
    if (decision.kind !== "run") return concessionPlan(scene, decision, attempt);
    return { commit: null, idle: null, proceed: () => scene.giveUp(attempt) };
  });
}

/** Another attempt at the task comes and fails; where a type is unknown, it is to that one, too. */
function failToo(
  scene: Scene,
  { claimant, end: how }: { readonly claimant: Claimant; readonly end: AttemptEnd },
): void {
  const other = newAttempt(scene);
  const end = how.kind === "unknown-type" ? how : FAILED;
  settleUnrecorded(scene, other, { claimant: { ...claimant, owner: other.owner }, end });
}

/** Effects and record in one commit. If the record has changed since it was read, the callback runs again. */
function commitTransaction(scene: Scene, attempt: Running, how: AttemptEnd): void {
  const began = { numbers: attempt.numbers, record: attempt.read };
  let run = attempt.version === scene.world.version ? began : null;
  const makePlan = (): Plan => {
    const { world, decisions } = scene;
    if (!run) {
      const decision = decisions.unrecordedRun(world.record, claimantOf(attempt, world.kind), world.nowMs);
      if (decision.kind !== "run") return concessionPlan(scene, decision, attempt);
      run = decision;
    }
    const { numbers, record } = run;
    const settlement = decisions.inTransaction(how, numbers, claimantOf(attempt, world.kind));
    if (!settlement) throw new Error("A success is always committed.");
    const { owner, life } = attempt;
    const commit = recordCommit(world, { numbers, settlement, record });
    // A callback that runs again reads again.
    run = null;
    return {
      commit: { ...commit, effect: { owner, life, payloadHash: PAYLOAD_HASH } },
      idle: null,
      proceed: () => scene.answer(settlement.outcome, attempt),
    };
  };
  scene.transact(attempt, makePlan, {
    onTimeUp: () => lookOnce(scene, attempt),
    overtake: () => failToo(scene, { claimant: claimantOf(attempt, scene.world.kind), end: how }),
  });
}
