import type { CancelResult } from "../../../services/producer/tasks/cancel/decide-cancel.ts";
import { type Outcome, respond } from "../../../services/worker/outcome.ts";
import type { Decisions } from "../decisions.ts";
import type { Commit, WorldEvent, HungCommit, Running, World } from "./world.ts";

/**
 * What happens to a commit. It fails and the client knows, or gets no response ("lost": the client repeats it, or
 * reads), or the delivery gives up waiting ("hangs": 503): before the commit took effect, after, or long after. When it
 * is lost, the time may be up, another attempt may fail before the record is read again ("overtaken"), or the task may be
 * cancelled before that.
 */
export type Fault =
  | "lost-before"
  | "lost-after"
  | "hangs-before"
  | "hangs-after"
  | "hangs-late"
  | "time-up"
  | "overtaken"
  | "cancelled";

/** What else a lost commit can lead to. */
interface AfterLoss {
  readonly onTimeUp?: () => void;
  readonly overtake?: () => void;
}

/** The decision made from the record that was read. */
export interface Plan {
  readonly commit: Commit | null;
  /** When the commit is known to have taken effect. */
  proceed(): void;
  /** The claim that remains if the commit has taken effect and nobody knows. */
  readonly idle: Running | null;
}

/**
 * The recipient of an outcome: a delivery in one of the task's lives. A stuck attempt's outcome has been sent already.
 */
export interface Asked {
  readonly life: number;
  readonly isImpostor?: boolean;
  readonly isFirstDispatch?: boolean;
  readonly state?: Running["state"];
}

const UNAVAILABLE: Outcome = { kind: "unavailable", reason: "record-store" };

/** Enough for every repetition that the faults of one step can cause. */
const MAX_CALLBACKS = 5;

/** One step in progress: the world as it is by now, and what has happened in it. */
export class Scenario {
  world: World;
  readonly events: WorldEvent[] = [];
  readonly decisions: Decisions;
  readonly #faults: Fault[];
  readonly #before: World;
  readonly #cancel: (scenario: Scenario) => void;

  constructor(
    world: World,
    {
      decisions,
      faults,
      cancel,
    }: {
      readonly decisions: Decisions;
      readonly faults: readonly Fault[];
      readonly cancel: (scenario: Scenario) => void;
    },
  ) {
    this.world = world;
    this.#cancel = cancel;
    this.#before = world;
    this.decisions = decisions;
    this.#faults = [...faults];
  }

  change(changes: Partial<World>): void {
    this.world = { ...this.world, ...changes };
  }

  nextFault(): Fault | undefined {
    return this.#faults.shift();
  }

  /** Firestore applies a commit: the record, the letter and the effect, all at once. */
  apply({ record, transition, fence, sentMs, letter, letterFields, effect }: Commit): void {
    const before = this.world.record;
    if (effect) this.haveEffect({ ...effect, isCommitted: true });
    if (record) {
      const after = record(this.world.nowMs);
      this.change({ record: after, version: this.world.version + 1 });
      this.events.push({ kind: "wrote", before, after, transition, fence, sentMs });
    }
    if (letter) {
      this.change({ letters: { ...this.world.letters, [letter]: true } });
      this.events.push({ kind: "kept-letter", letter, fields: letterFields ?? {}, sentMs });
    }
  }

  haveEffect(effect: NonNullable<Commit["effect"]> & { readonly isCommitted: boolean }): void {
    const { owner, life, payloadHash, isCommitted } = effect;
    const { record } = this.world;
    this.events.push({ kind: "effect", life, payloadHash, isCommitted, record });
    if (life === this.world.life) this.change({ effects: [...this.world.effects, owner] });
  }

  begin(attempt: Running): void {
    const { record } = this.world;
    this.events.push({
      kind: "began",
      record,
      before: this.#before.record,
      isFirstDispatch: attempt.isFirstDispatch,
    });
    this.change({ running: [...this.world.running, attempt] });
  }

  /** Cloud Tasks deletes the task on 2xx, and counts everything else as a failure. */
  answer(outcome: Outcome, { life, state, isImpostor = false, isFirstDispatch = false }: Asked): void {
    if (state === "stuck") return;
    const { record, letters } = this.world;
    this.events.push({ kind: "answered", outcome, life, isImpostor, isFirstDispatch, record, letters });
    if (isImpostor || life !== this.world.life) return;
    if (isSuccess(outcome)) this.change({ isAcknowledged: true });
    else this.change({ hasFailed: true });
  }

  /** The producer's response to a cancel. */
  answerCancel(told: CancelResult): void {
    this.events.push({ kind: "cancel-answered", told, record: this.world.record });
  }

  /** Cancels the task before the record is read again, if that is what happens. */
  cancelIfNext(): void {
    if (this.#faults[0] !== "cancelled") return;
    this.#faults.shift();
    this.#cancel(this);
  }

  /** The commit's fate isn't known in time: 503. */
  giveUp(on: Asked): void {
    this.answer(UNAVAILABLE, on);
  }

  /** One commit of a client that reads first, and that reads and decides again if its commit gets no response. */
  transact(on: Asked, makePlan: () => Plan, { onTimeUp, overtake }: AfterLoss = {}): void {
    for (let callback = 1; callback <= MAX_CALLBACKS; callback++) {
      const plan = makePlan();
      const fault = this.nextFault();
      if (this.#commit(plan, fault) === "again") {
        const next = this.#faults[0] === "time-up" || this.#faults[0] === "overtaken" ? this.nextFault() : undefined;
        if (next === "time-up") return onTimeUp ? onTimeUp() : this.giveUp(on);
        if (next === "overtaken") overtake?.();
        this.cancelIfNext();
        continue;
      }
      if (fault?.startsWith("hangs")) this.giveUp(on);
      else plan.proceed();
      return;
    }
    throw new Error(`A callback ran more than ${MAX_CALLBACKS} times.`);
  }

  #commit({ commit, idle }: Plan, fault: Fault | undefined): "again" | "over" {
    if (!commit) return fault?.startsWith("lost") ? "again" : "over";
    if (fault === "lost-before") return "again";
    if (fault === "hangs-before") return "over";
    if (fault === "hangs-late") this.hang({ commit, version: this.world.version, idle });
    else this.apply(commit);
    if (fault === "lost-after") return "again";
    if (fault === "hangs-after" && idle) this.change({ running: [...this.world.running, this.versioned(idle)] });
    return "over";
  }

  /** At most one commit hangs at a time; a second one is lost. */
  hang(hung: HungCommit): void {
    // The claim that remains learns its version when it lands.
    const idle = hung.idle && { ...hung.idle, version: hung.version };
    if (!this.world.hung) this.change({ hung: { ...hung, idle } });
  }

  /** A hanging commit takes effect, if the record still meets its condition. */
  land(): void {
    const { hung, version } = this.world;
    if (!hung) return;
    this.change({ hung: null });
    if (hung.version !== version) return;
    this.apply(hung.commit);
    if (hung.idle) this.change({ running: [...this.world.running, this.versioned(hung.idle)] });
  }

  /** An attempt knows the update time of its claim. */
  versioned(attempt: Running): Running {
    const { nowMs, version, record } = this.world;
    const leaseEndMs = attempt.leaseEndMs === null ? null : nowMs + (record?.leaseMs ?? 0);
    return { ...attempt, leaseEndMs, version };
  }
}

const statuses = new Map<Outcome["kind"], number>();

/** Whether Cloud Tasks deletes the task on this outcome's response. */
export function isSuccess(outcome: Outcome): boolean {
  const known = statuses.get(outcome.kind);
  const status = known ?? respond(outcome).status;
  if (known === undefined) statuses.set(outcome.kind, status);
  return status >= 200 && status < 300;
}
