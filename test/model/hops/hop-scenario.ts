import type { Outcome } from "../../../services/worker/outcome.ts";
import type { Envelope } from "../../../shared/contract/envelope.ts";
import type { Timestamp } from "@google-cloud/firestore";
import { DELETED } from "../../../shared/records/field-values.ts";
import { deadLetterId } from "../../../shared/records/letters/dead-letter.ts";
import { isTerminal } from "../../../shared/records/task-record.ts";
import type { Transition } from "../../../shared/records/transition.ts";
import type { Fields, Writes } from "../../../shared/records/writes.ts";
import type { Decisions } from "../decisions.ts";
import type { Revision } from "../shards/revisions.ts";
import { isSuccess } from "../world/scenario.ts";
import { TASK, stored } from "../world/stored.ts";
import { PAYLOAD_HASH } from "../world/world.ts";
import {
  type Entry,
  type HopAttempt,
  type HopEvent,
  type HopWorld,
  type Name,
  envelopeAt,
  taskIdOf,
} from "./hop-world.ts";

/**
 * What happens to a step's first commit: its response is lost, so that whoever made it reads and decides again, or nobody
 * hears of it any more, since the process was killed or gave up.
 */
export type HopFault = "lost" | "hangs";

/** What a decision writes, and what follows once that is known to be durable. */
export interface HopPlan {
  readonly transition: Transition | null;
  readonly proceed: () => void;
}

/** No fault of the model makes anybody decide more often. */
const MAX_TRIES = 3;

/** Thrown where nothing can come of a world: such a step isn't taken. One for all, since to note where it is thrown takes longer than most steps. */
export const IMPOSSIBLE = new Error("Nothing can come of it.");

/** One step in progress: the world as it is by now, and what has happened in it. */
export class HopScenario {
  world: HopWorld;
  readonly events: HopEvent[] = [];
  readonly decisions: Decisions;
  /** Whose producer, worker or relay acts in this step. */
  readonly revision: Revision;
  #fault: HopFault | undefined;

  constructor(
    world: HopWorld,
    {
      decisions,
      revision,
      fault,
    }: { readonly decisions: Decisions; readonly revision: Revision; readonly fault?: HopFault | undefined },
  ) {
    this.world = world;
    this.decisions = decisions;
    this.revision = revision;
    this.#fault = fault;
  }

  change(changes: Partial<HopWorld>): void {
    this.world = { ...this.world, ...changes };
  }

  /** A name for whoever acts in this step. */
  newOwner(): string {
    const { owners } = this.world;
    this.change({ owners: owners + 1 });
    return `owner-${owners}`;
  }

  /** Whether the fault that was planned has come to pass. A step whose fault can't happen is as another without it. */
  get isFaultLeft(): boolean {
    return this.#fault !== undefined;
  }

  takeFault(): HopFault | undefined {
    const fault = this.#fault;
    this.#fault = undefined;
    return fault;
  }

  /** Decides and commits, as often as it takes. False if nobody hears of the result. */
  commit(envelope: Envelope, makePlan: () => HopPlan): boolean {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const { transition, proceed } = makePlan();
      const fault = transition ? this.takeFault() : undefined;
      if (transition) this.apply(transition, envelope);
      if (fault === "hangs") return false;
      if (fault === "lost") continue;
      proceed();
      return true;
    }
    throw new Error("A decision doesn't recognise what it has written.");
  }

  /** Firestore applies a transition: the record, letters and entries, all at once. */
  apply(transition: Transition, envelope: Envelope): void {
    const { record: before, nowMs } = this.world;
    const task = { ...TASK, envelope };
    const writes = this.decisions.writesOf(transition, task, { before, nowMs });
    if (writes.record) {
      const after = stored(writes.record.kind === "update" ? before : null, writes.record.fields)(nowMs);
      this.change({ record: after, version: this.world.version + 1 });
      this.events.push({ kind: "wrote", before, after, transition, envelope, sentMs: nowMs });
    }
    if (writes.letter) this.#keepLetter(writes.letter, transition, envelope);
    for (const { id, fields } of writes.entries ?? []) this.#enter(id, fields, transition);
    for (const id of writes.dropped ?? []) this.remove(id, transition.kind);
  }

  #keepLetter(
    { kind, id, fields }: NonNullable<Writes["letter"]>,
    transition: Transition,
    { payloadHash }: Envelope,
  ): void {
    const { letter, otherLetters, heldReplay, nowMs } = this.world;
    this.events.push({ kind: "kept-letter", id, payloadHash, transition, fields, sentMs: nowMs });
    if (id !== deadLetterId(taskIdOf(this.world.kind))) {
      this.change({ otherLetters: [...new Set([...otherLetters, id])] });
      return;
    }
    if (kind === "create" && letter) return;
    // A letter that is written after a deletion isn't the one that was read before.
    const version = Math.max(letter?.version ?? 0, heldReplay?.version ?? 0) + 1;
    const merged = Object.entries({ ...letter?.fields, ...fields }).filter(([, value]) => value !== DELETED);
    this.change({ letter: { fields: Object.fromEntries(merged), version } });
  }

  #enter(id: string, fields: Fields, transition: Transition): void {
    this.events.push({ kind: "entered", id, fields, transition });
    const { kind, entries, nowMs, children, replays, owners } = this.world;
    if (transition.kind === "replay") {
      this.change({ replays: [...replays, { n: transition.replays, id: transition.entry.taskId }] });
      return;
    }
    if (!id.startsWith(`${taskIdOf(kind)}.`)) {
      this.change({ children: [...children, id.slice(0, id.lastIndexOf("."))] });
      return;
    }
    const hop = Number(fields["hop"]);
    const notBefore = typeof fields["notBefore"] === "string" ? fields["notBefore"] : undefined;
    const entry: Entry = { id, hop, payloadHash: PAYLOAD_HASH, notBefore, version: owners, createdAtMs: nowMs };
    this.change({ entries: [...entries.filter((one) => one.id !== id), entry], owners: owners + 1 });
  }

  /** Deletes an entry, unless it is gone. */
  remove(id: string, by: Transition["kind"] | null): void {
    const entry = this.world.entries.find((one) => one.id === id);
    if (!entry) return;
    this.change({ entries: this.world.entries.filter((one) => one !== entry) });
    this.events.push({ kind: "deleted", entry, by, world: this.world });
  }

  /** Changes what Cloud Tasks knows of a hop's name in some of its queues. */
  changeName(
    { hop, queues }: { readonly hop: number; readonly queues: readonly string[] },
    changes: Partial<Name>,
  ): void {
    const isMeant = (one: Name): boolean => one.hop === hop && queues.includes(one.queue);
    this.change({ names: this.world.names.map((one) => (isMeant(one) ? { ...one, ...changes } : one)) });
  }

  /** What a revision's queues know of a hop's name: first where it is created. */
  namesIn(queues: readonly string[], hop: number): readonly Name[] {
    const { names } = this.world;
    return queues.flatMap((queue) => names.filter((one) => one.hop === hop && one.queue === queue));
  }

  /** Cloud Tasks has a new task. */
  create(name: Name): void {
    const { names } = this.world;
    this.change({
      names: [...names, name].toSorted((a, b) => a.hop - b.hop || (a.queue < b.queue ? -1 : 1)),
    });
  }

  /** A revision deletes a hop from its queues. */
  deleteHop(hop: number, revision: Revision = this.revision): void {
    const queues = this.decisions.deletesIn(taskIdOf(this.world.kind), revision);
    this.changeName({ hop, queues }, { isQueued: false });
  }

  begin(attempt: HopAttempt): void {
    this.change({ running: [...this.world.running, attempt] });
  }

  /** Cloud Tasks deletes the task on 2xx, and counts everything else as a failure. */
  answer(outcome: Outcome, name: Name): void {
    const { record, otherLetters, isDone } = this.world;
    const succeeds = isSuccess(outcome);
    this.events.push({ kind: "answered", outcome, isSuccess: succeeds, name, record, otherLetters });
    const known = this.world.names.find(({ hop, queue }) => hop === name.hop && queue === name.queue);
    // A duplicate of an earlier delivery says nothing about a task that has the name now.
    if (known?.createdAtMs !== name.createdAtMs || known.payloadHash !== name.payloadHash) return;
    this.changeName(inItsQueue(name), succeeds ? { isQueued: false } : { hasFailed: true });
    this.change({ isDone: isDone || (succeeds && outcome.kind === "done") });
  }

  envelopeOf(name: Pick<Name, "hop" | "payloadHash" | "notBefore" | "createdAtMs">): Envelope {
    return envelopeAt(this.world.kind, name);
  }
}

/** A hop's name in its own queue alone. */
export function inItsQueue({ hop, queue }: Name): { readonly hop: number; readonly queues: readonly string[] } {
  return { hop, queues: [queue] };
}

/** Whether a record counts: TTL deletion can lag by a day. */
export function isLive({ expireAt }: { readonly expireAt: Timestamp }, nowMs: number): boolean {
  return expireAt.toMillis() > nowMs;
}

/** Whether nothing needs to come of a task any more. */
export function isOver(world: HopWorld): boolean {
  const { record, isDone, isDamaged, otherLetters } = world;
  // Nobody knows where a refused hop comes from that its record hasn't reached: it has a letter of its own.
  if (isDamaged && otherLetters.length > 0) return true;
  return isDone || (record !== null && isLive(record, world.nowMs) && isTerminal(record.state));
}
