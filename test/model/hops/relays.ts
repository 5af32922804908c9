import { isMarkedNatural } from "../../../shared/contract/task-id.ts";
import type { TakenDecision } from "../../../shared/outbox/decide-refusal.ts";
import { CONFLICT } from "../../../shared/outbox/decide-refusal.ts";
import { type HopScenario, IMPOSSIBLE } from "./hop-scenario.ts";
import { type Entry, type Relaying, envelopeAt, taskIdOf } from "./hop-world.ts";

/** Two relays at once are all that can meet at one entry, and a third would do as one of them. */
const MAX_RELAYS = 2;

const DAY_MS = 24 * 60 * 60_000;

/** The task's settings have changed: no type may be enqueued any more. */
const NOT_ALLOWED = { kind: "unacceptable", error: { code: "type_not_allowed", message: "m" } } as const;

/** A relay reads an entry. */
export function startRelay(scenario: HopScenario, entry: Entry): void {
  const { relays } = scenario.world;
  if (relays.length >= MAX_RELAYS) throw IMPOSSIBLE;
  scenario.change({ relays: [...relays, { revision: scenario.revision, entry, hasCreated: false }] });
}

/**
 * A relay calls CreateTask, and if the name is taken, does what follows. If the response is lost, before or after the call
 * took effect, the entry is put off.
 */
export function createTask(scenario: HopScenario, relaying: Relaying, lost?: "before" | "after"): void {
  const { entry, revision } = relaying;
  if (!isWanted(scenario, entry)) return finish(scenario, relaying);
  if (lost === "before") return putOff(scenario, relaying);
  const { kind, nowMs } = scenario.world;
  const id = taskIdOf(kind);
  const [queue] = scenario.decisions.createsIn(id, revision);
  if (scenario.namesIn([queue], entry.hop).length > 0) {
    if (lost) throw IMPOSSIBLE;
    const found = scenario.namesIn(scenario.decisions.findsIn(id, revision), entry.hop);
    return explainTaken(scenario, relaying, found.find(({ isQueued }) => isQueued)?.payloadHash);
  }
  const { hop, payloadHash, notBefore } = entry;
  scenario.create({ hop, queue, payloadHash, notBefore, createdAtMs: nowMs, isQueued: true, hasFailed: false });
  if (lost) return putOff(scenario, relaying);
  replace(scenario, relaying, { ...relaying, hasCreated: true });
}

/** A relay that has created its entry's task deletes the entry; if that is gone, the task may have to go, too. */
export function deleteEntry(scenario: HopScenario, relaying: Relaying): void {
  const { entry } = relaying;
  if (isAsRead(scenario, entry)) return finish(scenario, relaying);
  replace(scenario, relaying, null);
  if (scenario.decisions.isVoid(scenario.world.record, entry)) scenario.deleteHop(entry.hop, relaying.revision);
}

/** A relay finds that its entry can't be accepted. */
export function refuseEntry(scenario: HopScenario, relaying: Relaying): void {
  const { entry } = relaying;
  const { record, nowMs } = scenario.world;
  const { hop, payloadHash, id: entryId } = entry;
  const on = { entryId, hop, payloadHash, owner: scenario.newOwner(), readTimeMs: nowMs };
  const decided = scenario.decisions.decideRefusal(record, NOT_ALLOWED, on);
  if (decided === "superfluous") return finish(scenario, relaying);
  replace(scenario, relaying, null);
  if (isAsRead(scenario, entry)) scenario.apply(decided, envelopeOf(scenario, entry));
}

/** An old entry's task may have ended long ago. If it has not, its record must be kept for longer. */
function isWanted(scenario: HopScenario, entry: Entry): boolean {
  const { record, nowMs } = scenario.world;
  if (nowMs - entry.createdAtMs <= DAY_MS) return true;
  const decided = scenario.decisions.decideOld(record, { ...entry, readTimeMs: nowMs });
  if (decided === "renew" && isAsRead(scenario, entry)) {
    scenario.apply({ kind: "renew" }, envelopeOf(scenario, entry));
  }
  return decided !== "drop";
}

function explainTaken(scenario: HopScenario, relaying: Relaying, foundHash: string | undefined): void {
  const { decisions, world } = scenario;
  const { entry } = relaying;
  const taken = { ...entry, isNatural: isMarkedNatural(taskIdOf(world.kind)) };
  const decided: TakenDecision =
    foundHash === undefined
      ? decisions.decideMissing({ record: world.record, readTimeMs: world.nowMs, isGone: true }, taken)
      : decisions.decideFound(foundHash, taken);
  switch (decided) {
    case "relayed":
    case "dropped":
      return finish(scenario, relaying);
    case "later":
      return putOff(scenario, relaying);
    case "conflict":
      return refuseConflict(scenario, relaying);
  }
}

function refuseConflict(scenario: HopScenario, relaying: Relaying): void {
  const { entry } = relaying;
  replace(scenario, relaying, null);
  const on = { entryId: entry.id, hop: entry.hop, payloadHash: entry.payloadHash, owner: "relay", readTimeMs: 0 };
  const decided = scenario.decisions.decideRefusal(null, CONFLICT, on);
  if (decided !== "superfluous" && isAsRead(scenario, entry)) scenario.apply(decided, envelopeOf(scenario, entry));
}

/** The relay deletes the entry, on condition that it is as it was read, and is done. */
function finish(scenario: HopScenario, relaying: Relaying): void {
  replace(scenario, relaying, null);
  if (isAsRead(scenario, relaying.entry)) scenario.remove(relaying.entry.id, null);
}

function putOff(scenario: HopScenario, relaying: Relaying): void {
  const { entry } = relaying;
  replace(scenario, relaying, null);
  if (!isAsRead(scenario, entry)) return;
  const { entries, owners } = scenario.world;
  scenario.change({
    entries: entries.map((one) => (one.id === entry.id ? { ...one, version: owners } : one)),
    owners: owners + 1,
  });
}

function isAsRead({ world }: HopScenario, { id, version }: Entry): boolean {
  return world.entries.some((one) => one.id === id && one.version === version);
}

function replace(scenario: HopScenario, from: Relaying, to: Relaying | null): void {
  const others = scenario.world.relays.filter((one) => one !== from);
  scenario.change({ relays: to ? [...others, to] : others });
}

function envelopeOf({ world: { kind } }: HopScenario, { hop, payloadHash, notBefore, createdAtMs }: Entry) {
  const { hopAt: _notYet, ...envelope } = envelopeAt(kind, { hop, payloadHash, notBefore, createdAtMs });
  return envelope;
}
