import { newTaskEntryId } from "../../../shared/outbox/entry.ts";
import type { Decisions } from "../decisions.ts";
import { type Place, BOTH_AT_WORK, ROLLED_OUT, queueAt, revisionsAt } from "../shards/revisions.ts";
import { IMPOSTOR_HASH, PAYLOAD_HASH } from "../world/world.ts";
import { type HowEnded, crashHop, deliver, endHop } from "./hop-deliveries.ts";
import { type HopFault, HopScenario, IMPOSSIBLE, inItsQueue } from "./hop-scenario.ts";
import { type HopEvent, type HopWorld, type Name, HOUR_MS, LAST_HOP, taskIdOf } from "./hop-world.ts";
import { createTask, deleteEntry, refuseEntry, startRelay } from "./relays.ts";
import { cancelHop, lookUp, moveHop, post } from "./requests.ts";
import { deleteLetter, holdReplay, landReplay, replayLetter } from "./replays.ts";

/** Of two relays or attempts, the older or the newer one. */
type Which = 0 | 1;

/** One thing that can happen. */
export type HopStep = {
  readonly fault?: HopFault | undefined;
  /** Of two revisions at work, whose producer, worker or relay acts. Default: the older one's. */
  readonly by?: Which;
} & (
  | { readonly kind: "deliver"; readonly hop: number; readonly from?: Place }
  | { readonly kind: "end"; readonly which: Which; readonly how: HowEnded }
  | { readonly kind: "crash"; readonly which: Which }
  /** A relay reads an entry: of the hop, or of the other payload. */
  | { readonly kind: "relay"; readonly hop: number; readonly isOther?: boolean }
  | { readonly kind: "create"; readonly which: Which; readonly lost?: "before" | "after" }
  | { readonly kind: "delete" | "refuse"; readonly which: Which }
  | { readonly kind: "cancel"; readonly isDeleted: boolean; readonly isBehind?: boolean }
  /** The task is to run at another time: now, or later. */
  | { readonly kind: "run" | "reschedule"; readonly isDeleted: boolean; readonly isBehind?: boolean }
  | { readonly kind: "replay"; readonly key?: string }
  | { readonly kind: "hold-replay" | "land-replay" | "delete-letter" }
  /** An application commits another payload under the task's id. */
  | { readonly kind: "impostor" }
  /** Somebody asks about the task, or a caller hands it over under its key. */
  | { readonly kind: "look-up" | "post" }
  /** A rollout with another number of shards goes on, or is taken back while both revisions are at work. */
  | { readonly kind: "roll-out" | "roll-back" }
  /** Somebody takes a hop out of its queue that is in the outbox, too. */
  | { readonly kind: "purge"; readonly hop: number }
  /** Leases end, and every task is due. */
  | { readonly kind: "wait" }
  /** So long that entries are old, Cloud Tasks has forgotten names, and no relay is still at work. */
  | { readonly kind: "grow-old" }
  /** The record is lost, or an earlier one of the hop before is put back. */
  | { readonly kind: "lose-record" | "put-back" }
);

const FAULTS: readonly (HopFault | undefined)[] = [undefined, "lost", "hangs"];
const BOTH: readonly Which[] = [0, 1];
const ENDS: readonly HowEnded[] = ["succeeds", "fails", "waits", "snoozes", "dies"];
const HOPS = Array.from({ length: LAST_HOP + 1 }, (_, hop) => hop);
/** A later one behaves as they do. */
const RELAYED_HOPS = HOPS.slice(0, LAST_HOP);

/** How much later somebody wants it, and less than a step in which time passes. */
const LATER_MS = HOUR_MS;
const AGE_MS = 25 * HOUR_MS;

const REQUESTS: readonly { readonly isDeleted: boolean; readonly isBehind?: boolean; readonly fault?: HopFault }[] = [
  { isDeleted: true },
  { isDeleted: false },
  { isDeleted: true, fault: "lost" },
  { isDeleted: true, isBehind: true },
];

/** Everything that can happen to a task. */
export const HOP_STEPS: readonly HopStep[] = [
  ...HOPS.flatMap((hop) => FAULTS.map((fault): HopStep => ({ kind: "deliver", hop, fault }))),
  ...BOTH.flatMap((which) =>
    ENDS.flatMap((how) => FAULTS.map((fault): HopStep => ({ kind: "end", which, how, fault }))),
  ),
  ...BOTH.map((which): HopStep => ({ kind: "crash", which })),
  ...RELAYED_HOPS.map((hop): HopStep => ({ kind: "relay", hop })),
  { kind: "relay", hop: 0, isOther: true },
  ...BOTH.flatMap((which): HopStep[] => [
    { kind: "create", which },
    { kind: "create", which, lost: "before" },
    { kind: "create", which, lost: "after" },
    { kind: "delete", which },
    { kind: "refuse", which },
  ]),
  ...REQUESTS.map((request): HopStep => ({ kind: "cancel", ...request })),
  ...REQUESTS.map((request): HopStep => ({ kind: "run", ...request })),
  ...REQUESTS.map((request): HopStep => ({ kind: "reschedule", ...request })),
  ...FAULTS.flatMap((fault): HopStep[] => [
    { kind: "replay", fault },
    { kind: "replay", key: "again", fault },
  ]),
  { kind: "hold-replay" },
  { kind: "land-replay" },
  { kind: "delete-letter" },
  { kind: "impostor" },
  ...RELAYED_HOPS.map((hop): HopStep => ({ kind: "purge", hop })),
  { kind: "wait" },
  { kind: "grow-old" },
  { kind: "lose-record" },
  { kind: "put-back" },
];

export interface HopTaken {
  readonly step: HopStep;
  readonly before: HopWorld;
  readonly after: HopWorld;
  readonly events: readonly HopEvent[];
}

/** Takes one step. A step that can't happen now, or whose fault can't, changes nothing. */
export function takeHopStep(before: HopWorld, step: HopStep, decisions: Decisions): HopTaken {
  const revision = revisionsAt(before.stage)[step.by ?? 0];
  if (!revision) return { step, before, after: before, events: [] };
  const scenario = new HopScenario(before, { decisions, revision, fault: step.fault });
  try {
    perform(scenario, step);
  } catch (error) {
    if (error !== IMPOSSIBLE) throw error;
    return { step, before, after: before, events: [] };
  }
  if (scenario.isFaultLeft) return { step, before, after: before, events: [] };
  return { step, before, after: scenario.world, events: scenario.events };
}

function perform(scenario: HopScenario, step: HopStep): void {
  const { world } = scenario;
  const { running, relays, nowMs } = world;
  switch (step.kind) {
    case "deliver":
      return running.length < 2 ? deliver(scenario, nameAt(scenario, step)) : undefined;
    case "end":
      return endHop(scenario, known(running[step.which]), step.how);
    case "crash":
      return crashHop(scenario, known(running[step.which]));
    case "relay": {
      const hash = step.isOther ? IMPOSTOR_HASH : PAYLOAD_HASH;
      return startRelay(
        scenario,
        known(world.entries.find(({ hop, payloadHash }) => hop === step.hop && payloadHash === hash)),
      );
    }
    case "create":
      return createTask(scenario, known(relays.filter(({ hasCreated }) => !hasCreated)[step.which]), step.lost);
    case "delete":
      return deleteEntry(scenario, known(relays.filter(({ hasCreated }) => hasCreated)[step.which]));
    case "refuse":
      return refuseEntry(scenario, known(relays.filter(({ hasCreated }) => !hasCreated)[step.which]));
    case "cancel":
      return cancelHop(scenario, step);
    case "run":
      return moveHop(scenario, null, step);
    case "reschedule":
      return moveHop(scenario, nowMs + LATER_MS, step);
    case "replay":
      return replayLetter(scenario, step.key);
    case "hold-replay":
      return holdReplay(scenario);
    case "land-replay":
      return landReplay(scenario);
    case "delete-letter":
      return deleteLetter(scenario);
    case "look-up":
      return lookUp(scenario);
    case "post":
      return post(scenario);
    case "roll-out":
    case "roll-back":
      return rollOut(scenario, step.kind);
    case "impostor":
      return enqueueOther(scenario);
    case "purge":
      return purge(scenario, step.hop);
    case "wait":
      return scenario.change({ nowMs: nowMs + 2 * LATER_MS });
    case "grow-old":
      return growOld(scenario);
    case "lose-record":
    case "put-back":
      return damage(scenario, step.kind);
  }
}

function nameAt({ world }: HopScenario, { hop, from = "earlier" }: Extract<HopStep, { kind: "deliver" }>): Name {
  const queue = queueAt(from, taskIdOf(world.kind));
  return known(world.names.find((one) => one.hop === hop && one.queue === queue));
}

function rollOut(scenario: HopScenario, how: "roll-out" | "roll-back"): void {
  const { stage } = scenario.world;
  if (how === "roll-out" ? stage === ROLLED_OUT : stage !== BOTH_AT_WORK) throw IMPOSSIBLE;
  scenario.change({ stage: how === "roll-out" ? stage + 1 : stage - 1 });
}

function growOld(scenario: HopScenario): void {
  const { nowMs, names } = scenario.world;
  scenario.change({ nowMs: nowMs + AGE_MS, names: names.filter(({ isQueued }) => isQueued), relays: [] });
}

function known<Thing>(thing: Thing | undefined): Thing {
  if (thing === undefined) throw IMPOSSIBLE;
  return thing;
}

/** The id is the first payload's, since that has a record. A natural task may have none, and then the second one is new. */
function enqueueOther(scenario: HopScenario): void {
  const { kind, record, hasImpostor, isDamaged, entries, nowMs, owners } = scenario.world;
  if (kind === "natural" || !record || hasImpostor || isDamaged) throw IMPOSSIBLE;
  const id = newTaskEntryId(taskIdOf(kind), IMPOSTOR_HASH);
  const entry = { id, hop: 0, payloadHash: IMPOSTOR_HASH, notBefore: undefined, version: owners, createdAtMs: nowMs };
  scenario.change({ entries: [...entries, entry], hasImpostor: true, owners: owners + 1 });
}

/**
 * A hop that was delivered already is lost by that, and so is one whose relay is about to delete its entry. So is a natural
 * task without a record: it could have run.
 */
function purge(scenario: HopScenario, hop: number): void {
  const { entries, names, running, relays, kind, isDamaged } = scenario.world;
  if (isDamaged || relays.some(({ entry, hasCreated }) => hasCreated && entry.hop === hop)) throw IMPOSSIBLE;
  if (kind === "natural" && hop === 0) throw IMPOSSIBLE;
  const name = known(names.find((one) => one.hop === hop && one.isQueued && one.payloadHash === PAYLOAD_HASH));
  const isDelivered = name.hasFailed || running.some((one) => one.name.hop === hop);
  if (isDelivered || !entries.some((one) => one.hop === hop && one.payloadHash === PAYLOAD_HASH)) throw IMPOSSIBLE;
  scenario.changeName(inItsQueue(name), { isQueued: false, isPurged: true });
}

/** Of two things that go wrong by hand, only one does. */
function damage(scenario: HopScenario, how: "lose-record" | "put-back"): void {
  const { record, version, isDamaged, names, hasImpostor } = scenario.world;
  const { hop = 0 } = record ?? {};
  if (!record || record.state !== "waiting" || hop === 0 || isDamaged) throw IMPOSSIBLE;
  if (hasImpostor || names.some(({ isPurged }) => isPurged)) throw IMPOSSIBLE;
  const { notBefore: _due, hopAt: _queued, hop: _hop, ...rest } = record;
  const earlier = hop === 1 ? rest : { ...rest, hop: hop - 1 };
  scenario.change({ record: how === "lose-record" ? null : earlier, version: version + 1, isDamaged: true });
}
