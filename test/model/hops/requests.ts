import { parseLetter } from "../../../services/producer/dead-letters/read-letter.ts";
import { deadLetterId } from "../../../shared/records/letters/dead-letter.ts";
import { isTerminal } from "../../../shared/records/task-record.ts";
import { CANCELLER } from "../cancels.ts";
import { PAYLOAD_HASH } from "../world/world.ts";
import { type HopScenario, IMPOSSIBLE, isLive } from "./hop-scenario.ts";
import { LAST_HOP, TASK_TYPES, envelopeAt, taskIdOf } from "./hop-world.ts";

/** How a request to the producer goes. */
export interface Request {
  /** Whether Cloud Tasks responds to DeleteTask. */
  readonly isDeleted: boolean;
  /** Whether the task is found a hop behind, since it has gone on meanwhile. */
  readonly isBehind?: boolean;
}

/** Somebody cancels the task. */
export function cancelHop(scenario: HopScenario, { isDeleted, isBehind = false }: Request): void {
  const hop = foundHop(scenario, isBehind);
  const { record, nowMs, isDone } = scenario.world;
  const isKnown = record !== null && isLive(record, nowMs);
  if (!isKnown && (isDone || !isFound(scenario, hop))) throw IMPOSSIBLE;
  const isNatural = scenario.world.kind === "natural";
  const owner = scenario.newOwner();
  const task = { id: taskIdOf(scenario.world.kind), payloadHash: PAYLOAD_HASH, ...(hop === 0 ? {} : { hop }) };
  scenario.commit(envelopeFound(scenario, hop), () => {
    const { world, decisions } = scenario;
    const { transition, ...told } = decisions.decideCancel(
      world.record,
      { by: CANCELLER, task, owner, isNatural },
      world.nowMs,
    );
    const proceed = () => {
      if (told.kind === "cancelled" && isDeleted) deleteHops(scenario, told.hop);
      if (told.kind !== "cancelled" || isDeleted || !isNatural) {
        scenario.events.push({ kind: "cancel-answered", told, world: scenario.world });
      }
    };
    return { transition, proceed };
  });
}

/** Somebody gives the task another time; null: now. */
export function moveHop(scenario: HopScenario, dueAtMs: number | null, { isDeleted, isBehind = false }: Request): void {
  const hop = foundHop(scenario, isBehind);
  if (hop >= LAST_HOP || !isFound(scenario, hop, isBehind)) throw IMPOSSIBLE;
  const { kind, record } = scenario.world;
  // A look-up finds that it has ended.
  if (!isBehind && record && isTerminal(record.state)) throw IMPOSSIBLE;
  const isNatural = kind === "natural";
  const owner = scenario.newOwner();
  const task = { id: taskIdOf(kind), payloadHash: PAYLOAD_HASH, ...(hop === 0 ? {} : { hop }) };
  scenario.commit(envelopeFound(scenario, hop), () => {
    const { world, decisions } = scenario;
    const { transition, ...result } = decisions.decideRun(world.record, { task, dueAtMs, owner }, world.nowMs);
    const proceed = () => {
      if (result.kind !== "moved") return;
      if (isDeleted) deleteHops(scenario, hop);
      if (!isDeleted && isNatural) return;
      scenario.events.push({ kind: "move-answered", toHop: result.toHop, dueAtMs, world: scenario.world });
    };
    return { transition, proceed };
  });
}

/** Somebody replays the dead letter; `key` asks for it once more. */
export function replayLetter(scenario: HopScenario, key?: string): void {
  for (;;) {
    const decided = decide(scenario, key);
    if (decided.kind === "replayed") return answerReplay(scenario, decided.id);
    if (decided.kind !== "replay") throw new Error(`The letter can't be replayed: ${decided.kind}.`);
    const fault = scenario.takeFault();
    scenario.apply(decided.transition, replayEnvelope(scenario, decided.payloadHash));
    if (fault === "hangs") return;
    if (fault !== "lost") return answerReplay(scenario, decided.id);
  }
}

/** Somebody's replay is decided, and its commit on its way. */
export function holdReplay(scenario: HopScenario): void {
  const { letter, heldReplay } = scenario.world;
  const decided = decide(scenario);
  if (heldReplay || decided.kind !== "replay") throw IMPOSSIBLE;
  const { transition, payloadHash } = decided;
  scenario.change({ heldReplay: { transition, payloadHash, version: letter?.version ?? 0 } });
}

/** That commit arrives: it is applied on condition that the letter is as it was read. */
export function landReplay(scenario: HopScenario): void {
  const { letter, heldReplay } = scenario.world;
  if (!heldReplay) throw IMPOSSIBLE;
  scenario.change({ heldReplay: null });
  if (letter?.version !== heldReplay.version) return;
  scenario.apply(heldReplay.transition, replayEnvelope(scenario, heldReplay.payloadHash));
  answerReplay(scenario, heldReplay.transition.entry.taskId);
}

/** Somebody deletes the dead letter. If the task dies again after that, it does so at another time. */
export function deleteLetter(scenario: HopScenario): void {
  const { letter, nowMs } = scenario.world;
  if (!letter) throw IMPOSSIBLE;
  scenario.change({ letter: null, nowMs: nowMs + 1 });
}

function decide(scenario: HopScenario, key?: string) {
  const { kind, letter, nowMs } = scenario.world;
  if (!letter) throw IMPOSSIBLE;
  const types = new Map([["test.model", TASK_TYPES[kind]]]);
  const request = { by: CANCELLER, again: key !== undefined, ...(key === undefined ? {} : { key }) };
  const parsed = parseLetter(deadLetterId(taskIdOf(kind)), letter.fields);
  if (!parsed) throw new Error("The letter can't be read.");
  return scenario.decisions.decideReplay(parsed, request, { types, maxPayloadBytes: 1_000, nowMs });
}

function replayEnvelope({ world: { kind } }: HopScenario, payloadHash: string) {
  return envelopeAt(kind, { hop: 0, payloadHash, notBefore: undefined, createdAtMs: 0 });
}

function answerReplay(scenario: HopScenario, id: string): void {
  scenario.events.push({ kind: "replay-answered", id, world: scenario.world });
}

/** The hop at which a look-up finds the task, or found it just before it went on. */
function foundHop({ world: { record } }: HopScenario, isBehind: boolean): number {
  const { hop = 0 } = record ?? {};
  if (!isBehind) return hop;
  if (hop === 0) throw IMPOSSIBLE;
  return hop - 1;
}

/** Whether a hop is in its queue or in the outbox, or was until just now. */
function isFound({ world: { names, entries } }: HopScenario, hop: number, isBehind = false): boolean {
  return (
    names.some((one) => one.hop === hop && one.payloadHash === PAYLOAD_HASH && (one.isQueued || isBehind)) ||
    entries.some((one) => one.hop === hop && one.payloadHash === PAYLOAD_HASH)
  );
}

function envelopeFound({ world }: HopScenario, hop: number) {
  const { names, entries, kind } = world;
  const own = (one: { readonly hop: number; readonly payloadHash: string }) =>
    one.hop === hop && one.payloadHash === PAYLOAD_HASH;
  const found = names.find(own) ?? entries.find(own);
  return envelopeAt(kind, found ?? { hop, payloadHash: PAYLOAD_HASH, notBefore: undefined, createdAtMs: world.nowMs });
}

function deleteHops(scenario: HopScenario, hop: number): void {
  const isNatural = scenario.world.kind === "natural";
  for (const one of scenario.decisions.hopsToDelete(hop, { isNatural })) {
    scenario.changeName(one, { isQueued: false });
  }
}
