import { queuesOf as queuesOfTask } from "../../../shared/contract/queue-shards.ts";
import { isTerminal } from "../../../shared/records/task-record.ts";
import { CANCELLER } from "../cancels.ts";
import { PAYLOAD_HASH } from "../world/world.ts";
import { type HopScenario, IMPOSSIBLE, isLive, isOver } from "./hop-scenario.ts";
import { type Name, LAST_HOP, envelopeAt, taskIdOf } from "./hop-world.ts";

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
        const { world: now } = scenario;
        scenario.events.push({ kind: "cancel-answered", told, queues: queuesOf(scenario), isDeleted, world: now });
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
      const { toHop } = result;
      scenario.events.push({
        kind: "move-answered",
        toHop,
        dueAtMs,
        queues: queuesOf(scenario),
        world: scenario.world,
      });
    };
    return { transition, proceed };
  });
}

/** Somebody asks about a task that has not ended. What is nowhere to be found counts as unknown, or as removed. */
export function lookUp(scenario: HopScenario): void {
  const { world, revision, events } = scenario;
  if (isOver(world)) throw IMPOSSIBLE;
  const isFoundThere = world.record?.state === "running" || isFound(scenario, foundHop(scenario, false));
  events.push({ kind: "looked-up", revision, isFound: isFoundThere });
}

/**
 * A caller hands the task over under its key, the first time instead of the application. Where there is a record, or the name is
 * taken in a queue that its producer knows, that changes nothing.
 */
export function post(scenario: HopScenario): void {
  const { kind, record, nowMs, entries, names, relays } = scenario.world;
  const { createsIn, findsIn } = scenario.decisions;
  const [queue] = createsIn(taskIdOf(kind), scenario.revision);
  const known = new Set([queue, ...findsIn(taskIdOf(kind), scenario.revision)]);
  if ((record && isLive(record, nowMs)) || scenario.namesIn([...known], 0).length > 0) throw IMPOSSIBLE;
  // What the application commits has an id of its own.
  if (entries.some(({ hop }) => hop === 0) && names.length + relays.length > 0) throw IMPOSSIBLE;
  const wasHeld = scenario.namesIn(queuesOf(scenario), 0).length > 0;
  scenario.events.push({ kind: "posted", revision: scenario.revision, wasHeld });
  const created = { payloadHash: PAYLOAD_HASH, notBefore: undefined, createdAtMs: nowMs };
  scenario.change({ entries: entries.filter(({ hop }) => hop !== 0) });
  scenario.create({ hop: 0, queue, ...created, isQueued: true, hasFailed: false });
}

/** The hop at which a look-up finds the task, or found it just before it went on. */
function foundHop({ world: { record } }: HopScenario, isBehind: boolean): number {
  const { hop = 0 } = record ?? {};
  if (!isBehind) return hop;
  if (hop === 0) throw IMPOSSIBLE;
  return hop - 1;
}

/** Where the revision that acts says that the task may be. */
function queuesOf({ world: { kind }, revision }: HopScenario): readonly string[] {
  return queuesOfTask(taskIdOf(kind), revision);
}

function namesFound(scenario: HopScenario, hop: number): readonly Name[] {
  const queues = scenario.decisions.findsIn(taskIdOf(scenario.world.kind), scenario.revision);
  return scenario.namesIn(queues, hop).filter((one) => one.payloadHash === PAYLOAD_HASH);
}

/** Whether a hop is in one of its queues or in the outbox, or was until just now. */
function isFound(scenario: HopScenario, hop: number, isBehind = false): boolean {
  const { entries } = scenario.world;
  return (
    namesFound(scenario, hop).some((one) => one.isQueued || isBehind) ||
    entries.some((one) => one.hop === hop && one.payloadHash === PAYLOAD_HASH)
  );
}

function envelopeFound(scenario: HopScenario, hop: number) {
  const { world } = scenario;
  const { entries, kind } = world;
  const entry = entries.find((one) => one.hop === hop && one.payloadHash === PAYLOAD_HASH);
  const found = namesFound(scenario, hop)[0] ?? entry;
  return envelopeAt(kind, found ?? { hop, payloadHash: PAYLOAD_HASH, notBefore: undefined, createdAtMs: world.nowMs });
}

function deleteHops(scenario: HopScenario, hop: number): void {
  const isNatural = scenario.world.kind === "natural";
  for (const one of scenario.decisions.hopsToDelete(hop, { isNatural })) {
    scenario.deleteHop(one);
  }
}
