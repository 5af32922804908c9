import { type HandlerResult, snooze, succeeded } from "../../../services/worker/runner/handler.ts";
import { holdCall } from "../race.ts";
import type { RacingKind, Responded } from "../race-world.ts";
import type { MoveWorld } from "./move-world.ts";

/** What somebody asks for. */
export const MOVES = ["cancel", "run now", "reschedule"] as const;
export type Move = (typeof MOVES)[number];

/** What that races with: the relay of the task's entry, a delivery of it, or the commit of its next hop. */
export const OPPONENTS = ["relay", "delivery", "hop"] as const;
export type Opponent = (typeof OPPONENTS)[number];

/** What is held back, and until when. */
export type MoveHold =
  /** Nothing is: both go as they come. */
  | "nothing"
  /** The other begins when the request has its response, or the request when the other is over. */
  | "the other"
  | "the request"
  /** The relay's CreateTask, or its deletion of the entry, until the request has its response. */
  | "the creation"
  | "the deletion"
  /** The delivery, or the commit of its end, until the request has its response. */
  | "the delivery"
  | "the end"
  /** The request's commit until the other is over. */
  | "the commit";

export interface MoveRace {
  readonly kind: RacingKind;
  readonly move: Move;
  readonly opponent: Opponent;
  readonly hold: MoveHold;
}

/** What happened, and how it ended. */
export interface MoveRaced {
  /** In order: the relay's calls, starts with their hop, and "answered". */
  readonly events: readonly string[];
  readonly answer: Responded;
  /** The response to the delivery; null if there was none. */
  readonly delivered: Responded | null;
  /** The task's record when both were over. */
  readonly record: { readonly state: string; readonly hop: number; readonly notBefore?: string | undefined };
  /** When the task was to run, if it was rescheduled. */
  readonly scheduleTime: string | undefined;
  /** The starts after that, once every entry is relayed and every hop delivered, as if by hand. */
  readonly later: readonly string[];
  readonly endState: string;
  readonly entries: readonly string[];
  readonly names: readonly string[];
}

const HOUR_MS = 3_600_000;
/** An early delivery makes the next hop; nothing makes more than this. */
const MAX_ROUNDS = 3;

/** Lets a request race with the relay, a delivery or a hop of its task. */
export async function raceMove(world: MoveWorld, { kind, move, opponent, hold }: MoveRace): Promise<MoveRaced> {
  const moving = await Moving.begin(world, { kind, move, opponent });
  await HOLDS[hold](moving);
  const [answer, delivered] = [await moving.answer, await moving.over];
  const events = [...moving.events];
  const record = await world.recordOf(moving.id);
  const later = await moving.finish();
  const { state: endState } = await world.recordOf(moving.id);
  const [entries, names] = [await world.entryIdsOf(moving.id), await world.namesOf(moving.id)];
  const { scheduleTime } = moving;
  world.worker.forget(moving.id);
  return { events, answer, delivered, record, scheduleTime, later, endState, entries, names };
}

type MovingOn = { readonly id: string; readonly entryId: string | undefined } & Pick<MoveRace, "move" | "opponent">;

/** A task, a request, and what it races with, each of which goes when it is told to. */
class Moving {
  readonly world: MoveWorld;
  readonly on: MovingOn;
  readonly events: string[] = [];
  readonly arriving = Promise.withResolvers<void>();
  readonly mayArrive = Promise.withResolvers<void>();
  readonly mayEnd = Promise.withResolvers<void>();
  readonly scheduleTime: string | undefined;
  readonly #answer = Promise.withResolvers<Responded>();
  readonly #over = Promise.withResolvers<Responded | null>();
  readonly #started = Promise.withResolvers<void>();

  private constructor(world: MoveWorld, on: MovingOn) {
    this.world = world;
    this.on = on;
    this.scheduleTime =
      on.move === "reschedule" ? new Date(world.producerClock.now() + HOUR_MS).toISOString() : undefined;
    this.#script(on.opponent === "hop" ? snooze({ forMs: HOUR_MS }) : succeeded());
    world.relayObserver.onRelay = (event) => this.events.push(event);
    world.observer.onCommit = () => undefined;
  }

  static async begin(world: MoveWorld, on: Omit<MoveRace, "hold">): Promise<Moving> {
    const { kind, opponent } = on;
    const { id, entryId } =
      opponent === "relay" ? await world.commitTask(kind) : { id: await world.enqueue(kind, 0), entryId: undefined };
    const moving = new Moving(world, { ...on, id, entryId });
    if (opponent !== "hop") return moving;
    moving.mayArrive.resolve();
    moving.#dispatch();
    await moving.#started.promise;
    moving.events.length = 0;
    return moving;
  }

  get id(): string {
    return this.on.id;
  }

  get answer(): Promise<Responded> {
    return this.#answer.promise;
  }

  /** Resolves when the other is over. */
  get over(): Promise<Responded | null> {
    return this.#over.promise;
  }

  #script(result: HandlerResult): void {
    this.world.worker.scripts.set(this.id, {
      onDelivery: () => {
        this.arriving.resolve();
        return this.mayArrive.promise;
      },
      handle: async (hop) => {
        this.events.push(`started at hop ${hop}`);
        this.#started.resolve();
        await this.mayEnd.promise;
        return result;
      },
    });
  }

  request(): void {
    const { move } = this.on;
    const { world, id, scheduleTime } = this;
    const responding = move === "cancel" ? world.cancel(id) : world.move(id, scheduleTime);
    responding.then((answer) => {
      this.events.push("answered");
      this.#answer.resolve(answer);
    }, this.#answer.reject);
  }

  /** Lets the other go. */
  go(): void {
    if (this.on.entryId !== undefined) {
      this.world.relay(this.on.entryId).then(() => this.#over.resolve(null), this.#over.reject);
      return;
    }
    this.mayEnd.resolve();
    if (this.on.opponent === "delivery") this.#dispatch();
  }

  #dispatch(): void {
    const response = this.world.worker.nextResponse(this.id);
    const delivering = this.world.run(this.id).then((isThere) => (isThere ? response : null));
    delivering.then(this.#over.resolve, this.#over.reject);
  }

  /** Relays what is left, and delivers every hop, whether or not it is due. */
  async finish(): Promise<string[]> {
    const { world, id, events } = this;
    this.mayArrive.resolve();
    this.mayEnd.resolve();
    this.#script(succeeded());
    events.length = 0;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      for (const entryId of await world.entryIdsOf(id)) await world.relay(entryId);
      for (const name of await world.namesOf(id)) {
        const response = world.worker.nextResponse(id);
        if (await world.run(name)) await response;
      }
    }
    for (const entryId of await world.entryIdsOf(id)) await world.relay(entryId);
    return events.filter((event) => event.startsWith("started"));
  }
}

const HOLDS: Readonly<Record<MoveHold, (moving: Moving) => Promise<void>>> = {
  async nothing(moving) {
    moving.mayArrive.resolve();
    moving.go();
    moving.request();
    await moving.answer;
  },
  async "the other"(moving) {
    moving.mayArrive.resolve();
    moving.request();
    await moving.answer;
    moving.go();
  },
  async "the request"(moving) {
    moving.mayArrive.resolve();
    moving.go();
    await moving.over;
    moving.request();
  },
  async "the creation"(moving) {
    const { arrived } = holdCall(moving.world.queueFaults, "CreateTask", moving.answer);
    moving.go();
    await arrived;
    moving.request();
  },
  async "the deletion"(moving) {
    const { arrived } = holdCall(moving.world.storeFaults, "Commit", moving.answer);
    moving.go();
    await arrived;
    moving.request();
  },
  async "the delivery"(moving) {
    moving.go();
    await moving.arriving.promise;
    moving.request();
    await moving.answer;
    moving.mayArrive.resolve();
  },
  async "the end"(moving) {
    const { arrived } = holdCall(moving.world.workerFaults, "Commit", moving.answer);
    moving.go();
    await arrived;
    moving.request();
  },
  async "the commit"(moving) {
    const { arrived } = holdCall(moving.world.producerFaults, "Commit", moving.over);
    moving.request();
    await Promise.race([arrived, moving.answer]);
    moving.mayArrive.resolve();
    moving.go();
  },
};
