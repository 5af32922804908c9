import type { Claimant } from "../../services/worker/lifecycle/admission.ts";
import type { AttemptEnd, Settlement } from "../../services/worker/lifecycle/settlement.ts";
import { claimantOf, newAttempt, planOf } from "./deliveries.ts";
import type { Plan, Scenario } from "./world/scenario.ts";
import { commitOf } from "./world/stored.ts";
import { MAX_ATTEMPTS, PAYLOAD_HASH, type Running } from "./world/world.ts";

const TIMED_OUT: AttemptEnd = { kind: "timed-out", error: { code: "timeout", message: "Too late." } };

const FAILED: AttemptEnd = { kind: "threw", error: { code: "handler_threw", message: "It failed." } };

/** An attempt's handler ends, and the attempt settles. */
export function end(scenario: Scenario, attempt: Running, how: AttemptEnd): void {
  leave(scenario, attempt);
  const isWork = attempt.state !== "idle";
  if (how.kind === "succeeded" && isWork && scenario.world.kind !== "transaction") affect(scenario, attempt);
  // Its response has been sent, and its claim lasts until its lease ends: only its transaction can still commit.
  if (attempt.state === "stuck" && !(scenario.world.kind === "transaction" && how.kind === "succeeded")) return;
  switch (scenario.world.kind) {
    case "claim":
      return settleClaimed(scenario, attempt, isWork ? how : { kind: "released" });
    case "transaction":
      return how.kind === "succeeded"
        ? commitTransaction(scenario, attempt, how)
        : settleByItself(scenario, attempt, how);
    case "natural":
      return settleByItself(scenario, attempt, how);
  }
}

/** The attempt's process is killed. Only Cloud Tasks notices: its delivery fails. */
export function crash(scenario: Scenario, attempt: Running, { afterEffect }: { afterEffect: boolean }): void {
  leave(scenario, attempt);
  if (afterEffect && attempt.state !== "idle" && scenario.world.kind !== "transaction") affect(scenario, attempt);
  if (attempt.life === scenario.world.life) scenario.change({ hasFailed: true });
}

/** The handler ignores its signal: it is answered but keeps running. Only a natural task's attempt is settled. */
export function getStuck(scenario: Scenario, attempt: Running): void {
  if (attempt.state !== "handling") return;
  const { kind, running } = scenario.world;
  scenario.change({ running: running.map((one) => (one === attempt ? { ...one, state: "stuck" } : one)) });
  if (kind === "natural") return settleByItself(scenario, attempt, TIMED_OUT);
  scenario.answer({ kind: "failed", error: { code: "timeout", message: "Too late." } }, attempt);
}

function leave(scenario: Scenario, attempt: Running): void {
  scenario.change({ running: scenario.world.running.filter((one) => one !== attempt) });
}

function affect(scenario: Scenario, { owner, life }: Running): void {
  scenario.haveEffect({ owner, life, payloadHash: PAYLOAD_HASH, isCommitted: false });
}

/** A commit on condition that the record is as the claim left it, or else as a new read finds it. */
function settleClaimed(scenario: Scenario, attempt: Running, how: AttemptEnd): void {
  const { numbers, version } = attempt;
  const { decisions } = scenario;
  const story = { log: attempt.log, start: claimantOf(attempt, "claim"), endedAtMs: scenario.world.nowMs };
  const settlement = decisions.settlementOf(how, numbers, { maxAttempts: MAX_ATTEMPTS, story });
  const byReading = (): void => settleByReading(scenario, attempt, settlement);
  const { transition } = settlement;
  const commit =
    scenario.world.record && transition && commitOf(scenario.world, transition, { decisions, fence: numbers.fence });
  const apply = (): boolean => {
    if (!commit || scenario.world.version !== version) return false;
    scenario.apply(commit);
    return true;
  };
  switch (scenario.nextFault()) {
    case "lost-before":
      return byReading();
    case "lost-after":
      apply();
      scenario.cancelIfNext();
      return byReading();
    case "hangs-before":
      return scenario.giveUp(attempt);
    case "hangs-after":
      apply();
      return scenario.giveUp(attempt);
    case "hangs-late":
      if (commit) scenario.hang({ commit, version, idle: null });
      return scenario.giveUp(attempt);
    default:
      return apply() ? scenario.answer(settlement.outcome, attempt) : byReading();
  }
}

function settleByReading(scenario: Scenario, attempt: Running, settlement: Settlement): void {
  scenario.transact(attempt, () => {
    const { world, decisions } = scenario;
    const settled = decisions.settleClaimed(world.record, { ...attempt.numbers, hop: 0 }, settlement);
    return planOf(scenario, settled, attempt, attempt.numbers.fence);
  });
}

function settleByItself(scenario: Scenario, attempt: Running, how: AttemptEnd): void {
  settleUnrecorded(scenario, attempt, { claimant: claimantOf(attempt, scenario.world.kind), end: how });
}

/** An attempt ends that had written nothing. */
export function settleUnrecorded(
  scenario: Scenario,
  attempt: Running,
  claim: { readonly claimant: Claimant; readonly end: AttemptEnd },
): void {
  const known = scenario.decisions.outcomeWithoutRecord(claim.end, attempt);
  if (known) return scenario.answer(known, attempt);
  const endedAtMs = scenario.world.nowMs;
  let triedFence: number | null = null;
  const makePlan = (): Plan => {
    const { world, decisions } = scenario;
    const settlement = decisions.settleUnclaimed(world.record, { ...claim, endedAtMs, triedFence }, world.nowMs);
    triedFence = settlement.recordedAs?.fence ?? triedFence;
    return planOf(scenario, settlement, attempt);
  };
  scenario.transact(attempt, makePlan, { overtake: () => failToo(scenario, claim) });
}

/** A transaction whose time is up checks whether its commit took effect; if it didn't, nobody has failed. */
function lookOnce(scenario: Scenario, attempt: Running): void {
  scenario.transact(attempt, () => {
    const { world, decisions } = scenario;
    const decision = decisions.admitUnclaimed(world.record, claimantOf(attempt, world.kind), world.nowMs);
    if (decision.kind === "reject") return planOf(scenario, decision, attempt);
    return { commit: null, idle: null, proceed: () => scenario.giveUp(attempt) };
  });
}

/** Another attempt at the task comes and fails; where a type is unknown, it is unknown to that attempt, too. */
function failToo(
  scenario: Scenario,
  { claimant, end: how }: { readonly claimant: Claimant; readonly end: AttemptEnd },
): void {
  const other = newAttempt(scenario);
  const end = how.kind === "unknown-type" ? how : FAILED;
  settleUnrecorded(scenario, other, { claimant: { ...claimant, owner: other.owner }, end });
}

/**
 * Commits the effects together with the record. If the record has changed since it was read, the callback runs again.
 */
function commitTransaction(scenario: Scenario, attempt: Running, how: AttemptEnd): void {
  const began = { attempt: attempt.numbers, from: attempt.read, log: attempt.log };
  let run = attempt.version === scenario.world.version ? began : null;
  const makePlan = (): Plan => {
    const { world, decisions } = scenario;
    if (!run) {
      const decision = decisions.admitUnclaimed(world.record, claimantOf(attempt, world.kind), world.nowMs);
      if (decision.kind === "reject") return planOf(scenario, decision, attempt);
      run = decision;
    }
    const ended = { claimant: claimantOf(attempt, world.kind), endedAtMs: world.nowMs };
    const settlement = decisions.settleInTransaction(how, run, ended);
    if (!settlement?.transition) throw new Error("A success is always committed.");
    const { owner, life } = attempt;
    const commit = commitOf(world, settlement.transition, scenario);
    // A callback that runs again reads again.
    run = null;
    return {
      commit: { ...commit, effect: { owner, life, payloadHash: PAYLOAD_HASH } },
      idle: null,
      proceed: () => scenario.answer(settlement.outcome, attempt),
    };
  };
  scenario.transact(attempt, makePlan, {
    onTimeUp: () => lookOnce(scenario, attempt),
    overtake: () => failToo(scenario, { claimant: claimantOf(attempt, scenario.world.kind), end: how }),
  });
}
