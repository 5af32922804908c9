import type { Claimant } from "../../../services/worker/lifecycle/admission.ts";
import type { AttemptEnd, Settlement } from "../../../services/worker/lifecycle/settlement.ts";
import type { Outcome } from "../../../services/worker/outcome.ts";
import { isEarly } from "../../../shared/contract/envelope.ts";
import { snoozesInARow } from "../../../shared/records/task-record.ts";
import { isSuccess } from "../world/scenario.ts";
import { RESULT } from "../steps.ts";
import { INSTANCE, MAX_ATTEMPTS } from "../world/world.ts";
import { type HopPlan, type HopScenario, IMPOSSIBLE, inItsQueue } from "./hop-scenario.ts";
import { type HopAttempt, type Name, HOUR_MS, LAST_HOP, childrenOf, onDeadOf, taskIdOf } from "./hop-world.ts";

const OTHER_QUEUE: Outcome = { kind: "forbidden", reason: "other-queue" };
const GIVEN_UP: Outcome = { kind: "unavailable", reason: "record-store" };
const FAILED: AttemptEnd = { kind: "retry", error: { code: "c", message: "m" } };

/** How a handler ends. */
export type HowEnded = "succeeds" | "fails" | "waits" | "snoozes" | "dies";

/** Cloud Tasks, or somebody at its console, delivers a hop: also before its time, and also once more after its end. */
export function deliver(scenario: HopScenario, name: Name): void {
  if (name.isPurged) throw IMPOSSIBLE;
  if (!scenario.decisions.acceptsDeliveryFrom(name.queue, taskIdOf(scenario.world.kind), scenario.revision)) {
    return refuse(scenario, name);
  }
  const attempt = newAttempt(scenario, name);
  const { kind, nowMs } = scenario.world;
  const envelope = scenario.envelopeOf(name);
  if (isEarly(envelope, nowMs)) return hopOn(scenario, attempt);
  switch (kind) {
    case "claim":
      return claim(scenario, attempt);
    case "transaction":
      return admit(scenario, attempt);
    case "natural":
      return attempt.isFirstDispatch ? begin(scenario, attempt) : admit(scenario, attempt);
  }
}

/** Whatever has the name there, it isn't this revision's. */
function refuse(scenario: HopScenario, name: Name): void {
  scenario.events.push({ kind: "refused", name, isSuccess: isSuccess(OTHER_QUEUE) });
  scenario.changeName(inItsQueue(name), isSuccess(OTHER_QUEUE) ? { isQueued: false } : { hasFailed: true });
}

/** A delivery before its time goes on to the next hop. */
function hopOn(scenario: HopScenario, attempt: HopAttempt): void {
  const { name } = attempt;
  if (name.hop >= LAST_HOP) throw IMPOSSIBLE;
  const dueAtMs = Date.parse(name.notBefore ?? "");
  const isHeard = scenario.commit(scenario.envelopeOf(name), () => {
    const { world, decisions } = scenario;
    const on = { dueAtMs, readTimeMs: world.nowMs, isDue: false };
    const decision = decisions.admitEarly(world.record, claimantOf(scenario, attempt), on);
    if (decision.kind === "run") return { transition: null, proceed: () => begin(scenario, attempt) };
    return planOf(scenario, decision, name);
  });
  if (!isHeard) scenario.answer(GIVEN_UP, name);
}

/** One commit that creates the record, or one on condition that the record is as it was read. */
function claim(scenario: HopScenario, attempt: HopAttempt): void {
  const { name } = attempt;
  const before = scenario.world.record;
  let isFirstTry = true;
  const isHeard = scenario.commit(scenario.envelopeOf(name), () => {
    const { world, decisions } = scenario;
    const claimant = claimantOf(scenario, attempt);
    if (isFirstTry && attempt.isFirstDispatch && !world.record) {
      isFirstTry = false;
      const { numbers } = attempt;
      const transition = { kind: "claim", attempt: numbers, instance: INSTANCE, from: null, log: [] } as const;
      return { transition, proceed: () => begin(scenario, attempt, before) };
    }
    const decision = decisions.admitClaim(world.record, claimant, world.nowMs);
    if (decision.kind === "reject") return planOf(scenario, decision, name);
    const { attempt: numbers, from, log, transition } = decision;
    const snoozes = from ? (from.owner === attempt.owner ? (from.snoozes ?? 0) : snoozesInARow(from)) : 0;
    const claimed = { ...attempt, numbers, log, snoozes };
    return { transition, proceed: () => begin(scenario, claimed, before) };
  });
  if (!isHeard) scenario.answer(GIVEN_UP, name);
}

function admit(scenario: HopScenario, attempt: HopAttempt): void {
  const { name } = attempt;
  const isHeard = scenario.commit(scenario.envelopeOf(name), () => {
    const { world, decisions } = scenario;
    const decision = decisions.admitUnclaimed(world.record, claimantOf(scenario, attempt), world.nowMs);
    if (decision.kind === "reject") return planOf(scenario, decision, name);
    const { attempt: numbers, from: read, log } = decision;
    return { transition: null, proceed: () => begin(scenario, { ...attempt, numbers, read, log }) };
  });
  if (!isHeard) scenario.answer(GIVEN_UP, name);
}

function begin(scenario: HopScenario, attempt: HopAttempt, before = scenario.world.record): void {
  const begun = { ...attempt, version: scenario.world.version };
  scenario.events.push({ kind: "began", attempt: begun, before });
  scenario.begin(begun);
}

function planOf(scenario: HopScenario, { transition, outcome }: Settlement, name: Name): HopPlan {
  return { transition, proceed: () => scenario.answer(outcome, name) };
}

function newAttempt(scenario: HopScenario, name: Name): HopAttempt {
  const owner = scenario.newOwner();
  return {
    owner,
    name,
    startedAtMs: scenario.world.nowMs,
    isFirstDispatch: !name.hasFailed && name.hop === 0,
    numbers: { owner, fence: 1, attempts: 1 },
    log: [],
    snoozes: 0,
    read: null,
    version: 0,
  };
}

function claimantOf({ world: { kind } }: HopScenario, { owner, name, startedAtMs }: HopAttempt): Claimant {
  const { hop, payloadHash, hasFailed: isRepeated, createdAtMs: hopAtMs } = name;
  const mayHaveRunUnseen = kind !== "claim" && isRepeated;
  const age = { hopAtMs, isRepeated, mayHaveRunUnseen };
  const identity = { owner, payloadHash, taskId: taskIdOf(kind), hop, instance: INSTANCE, startedAtMs };
  return { ...identity, ...age, maxAttempts: MAX_ATTEMPTS, onDead: onDeadOf(kind) };
}

/** The attempt's process is killed. */
export function crashHop(scenario: HopScenario, attempt: HopAttempt): void {
  leave(scenario, attempt);
  scenario.changeName(inItsQueue(attempt.name), { hasFailed: true });
}

/** An attempt's handler ends, and the attempt settles. */
export function endHop(scenario: HopScenario, attempt: HopAttempt, how: HowEnded): void {
  if ((how === "waits" || how === "snoozes") && attempt.name.hop >= LAST_HOP) throw IMPOSSIBLE;
  leave(scenario, attempt);
  const { kind, nowMs, children } = scenario.world;
  const end = endOf(scenario, how);
  if (kind === "claim") return settleClaimed(scenario, attempt, end);
  if (end.kind !== "succeeded") return settleByItself(scenario, attempt, end);
  if (kind === "transaction") return commitTransaction(scenario, attempt, end);
  // Each is created, or is found to exist, before the task's own end.
  const ids = childrenOf(kind, nowMs).map(({ entry }) => entry.taskId);
  scenario.change({ children: [...new Set([...children, ...ids])] });
  settleByItself(scenario, attempt, { kind: "succeeded", result: end.result });
}

function endOf({ world: { kind, nowMs } }: HopScenario, how: HowEnded): AttemptEnd {
  const error = { code: "c", message: "m" };
  switch (how) {
    case "succeeds":
      return { kind: "succeeded", result: RESULT, children: childrenOf(kind, nowMs) };
    case "fails":
      return FAILED;
    case "waits":
      return { kind: "retry", error, retryAfterMs: HOUR_MS };
    case "snoozes":
      return { kind: "snoozed", delay: { forMs: HOUR_MS } };
    case "dies":
      return { kind: "permanent", error };
  }
}

function leave(scenario: HopScenario, attempt: HopAttempt): void {
  scenario.change({ running: scenario.world.running.filter((one) => one !== attempt) });
}

/** A commit on condition that the record is as the claim left it, or else as a new read finds it. */
function settleClaimed(scenario: HopScenario, attempt: HopAttempt, end: AttemptEnd): void {
  const { name, numbers, snoozes, log, version } = attempt;
  const { decisions } = scenario;
  const start = claimantOf(scenario, attempt);
  const story = { log, start, endedAtMs: scenario.world.nowMs };
  const settlement = decisions.settlementOf(end, { ...numbers, snoozes }, { maxAttempts: MAX_ATTEMPTS, story });
  let isFirstTry = true;
  const isHeard = scenario.commit(scenario.envelopeOf(name), () => {
    const { world } = scenario;
    const isAsLeft = isFirstTry && world.version === version;
    isFirstTry = false;
    if (isAsLeft) return planOf(scenario, settlement, name);
    const attemptOnRecord = { ...numbers, hop: name.hop };
    return planOf(scenario, decisions.settleClaimed(world.record, attemptOnRecord, settlement), name);
  });
  if (!isHeard) scenario.answer(GIVEN_UP, name);
}

function settleByItself(scenario: HopScenario, attempt: HopAttempt, end: AttemptEnd): void {
  const { name } = attempt;
  const known = scenario.decisions.outcomeWithoutRecord(end, attempt);
  if (known) return scenario.answer(known, name);
  const claimant = claimantOf(scenario, attempt);
  const endedAtMs = scenario.world.nowMs;
  let triedFence: number | null = null;
  const isHeard = scenario.commit(scenario.envelopeOf(name), () => {
    const { world, decisions } = scenario;
    const ended = { claimant, end, endedAtMs, triedFence };
    const settlement = decisions.settleUnclaimed(world.record, ended, world.nowMs);
    triedFence = settlement.recordedAs?.fence ?? triedFence;
    return planOf(scenario, settlement, name);
  });
  if (!isHeard) scenario.answer(GIVEN_UP, name);
}

/** Commits a success; if the record has changed since it was read, the callback runs again. */
function commitTransaction(scenario: HopScenario, attempt: HopAttempt, end: AttemptEnd): void {
  const { name, numbers, read, log, version } = attempt;
  const claimant = claimantOf(scenario, attempt);
  let run = version === scenario.world.version ? { attempt: numbers, from: read, log } : null;
  const isHeard = scenario.commit(scenario.envelopeOf(name), () => {
    const { world, decisions } = scenario;
    if (!run) {
      const decision = decisions.admitUnclaimed(world.record, claimant, world.nowMs);
      if (decision.kind === "reject") return planOf(scenario, decision, name);
      run = decision;
    }
    const settlement = decisions.settleInTransaction(end, run, { claimant, endedAtMs: world.nowMs });
    run = null;
    if (!settlement) throw new Error("A success is always committed.");
    return planOf(scenario, settlement, name);
  });
  if (!isHeard) scenario.answer(GIVEN_UP, name);
}
