import { parseLetter } from "../../../services/producer/dead-letters/read-letter.ts";
import { deadLetterId } from "../../../shared/records/letters/dead-letter.ts";
import { CANCELLER } from "../cancels.ts";
import { type HopScenario, IMPOSSIBLE } from "./hop-scenario.ts";
import { TASK_TYPES, envelopeAt, taskIdOf } from "./hop-world.ts";

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
