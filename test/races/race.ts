import { type HandlerResult, retryLater, succeeded } from "../../services/worker/runner/handler.ts";
import type { FaultProxy } from "../harness/network/fault-proxy.ts";
import type { RaceWorld, RacingKind, Responded } from "./race-world.ts";

/** The state in which a cancel finds its task. */
export const RACING_STATES = ["queued", "scheduled", "waiting", "running"] as const;
export type RacingState = (typeof RACING_STATES)[number];

/** What is held back, and until when: what makes an interleaving happen. */
export type Hold =
  /** Nothing is: the delivery and the cancel go as they come. */
  | "nothing"
  /** The task stays in its queue, or its delivery on its way, until the cancel has its response. */
  | "the dispatch"
  | "the delivery"
  /** So does the delivery's first call to Firestore. */
  | "the delivery's record"
  /** The cancel's commit until the handler has started, and the handler until the cancel has its response. */
  | "the cancel, then the handler"
  /** The handler, or the commit of its attempt's end, until the cancel has its response. */
  | "the handler"
  | "the end"
  /** The handler until the cancel waits for the transaction's lock, or has waited for too long. */
  | "the lock"
  | "the lock for too long"
  /** The cancel's commit, or its request, until the delivery has its response. */
  | "the cancel"
  | "the request";

export interface Race {
  readonly kind: RacingKind;
  readonly state: RacingState;
  readonly hold: Hold;
  /** Whether the handler succeeds, or asks for a retry. */
  readonly succeeds: boolean;
}

/** What happened, and how it ended. */
export interface Raced {
  /** In order: started, claimed and ended (the worker's commits), written (the producer's), answered (to the cancel). */
  readonly events: readonly string[];
  readonly answer: Responded;
  /** The response to the delivery; null if the task had left its queue. */
  readonly delivered: Responded | null;
  /** The responses to another cancel, and another delivery, when all is over. */
  readonly again: Responded;
  readonly repeated: Responded | undefined;
  /** Whether that other delivery started the handler. */
  readonly startsAgain: boolean;
  readonly state: string;
  readonly hasLetter: boolean;
  /** Whether a transaction's effect was committed. */
  readonly hasEffect: boolean;
  readonly isQueued: boolean;
}

const HOUR_SECONDS = 3_600;
const PATIENCE_MS = 3_000;
const NOT_YET = retryLater({ code: "not_yet", message: "Not yet." });

/** Lets a cancel race with a delivery, or with the end of an attempt that runs. */
export async function race(world: RaceWorld, { kind, state, hold, succeeds }: Race): Promise<Raced> {
  const { worker } = world;
  const id = await world.enqueue(kind, state === "scheduled" ? HOUR_SECONDS : 0);
  if (state === "waiting") await failOnce(world, id);
  const racing = new Racing(world, id, succeeds ? succeeded() : NOT_YET);
  if (state === "running") await racing.start();
  racing.watch(kind === "claim" && state !== "running");
  await HOLDS[hold](racing, kind);

  const [answer, delivered] = [await racing.answer, await racing.response];
  const events = [...racing.events];
  const again = await world.cancel(id);
  const repeated = await worker.repeat(id);
  const raced = {
    startsAgain: racing.events.includes("started", events.length),
    events,
    answer,
    delivered,
    again,
    repeated,
    ...(await world.stateOf(id)),
    isQueued: await world.isQueued(id),
  };
  worker.forget(id);
  return raced;
}

async function failOnce(world: RaceWorld, id: string): Promise<void> {
  const { worker } = world;
  worker.scripts.set(id, { onDelivery: () => Promise.resolve(), handle: () => Promise.resolve(NOT_YET) });
  const response = worker.nextResponse(id);
  await world.run(id);
  await response;
}

/** A delivery and a cancel of one task, each of which goes when it is told to. */
class Racing {
  readonly world: RaceWorld;
  readonly id: string;
  readonly events: string[] = [];
  readonly answer: Promise<Responded>;
  readonly response: Promise<Responded | null>;
  readonly started = Promise.withResolvers<void>();
  readonly arriving = Promise.withResolvers<void>();
  readonly mayArrive = Promise.withResolvers<void>();
  readonly mayEnd = Promise.withResolvers<void>();
  readonly #answer = Promise.withResolvers<Responded>();
  readonly #response = Promise.withResolvers<Responded | null>();
  #isDispatched = false;
  #responding: Promise<Responded | null> = Promise.resolve(null);

  constructor(world: RaceWorld, id: string, result: HandlerResult) {
    this.world = world;
    this.id = id;
    this.answer = this.#answer.promise;
    this.response = this.#response.promise;
    world.worker.scripts.set(id, {
      onDelivery: () => {
        this.arriving.resolve();
        return this.mayArrive.promise;
      },
      handle: async () => {
        this.events.push("started");
        this.started.resolve();
        await this.mayEnd.promise;
        return result;
      },
    });
  }

  /** Begins the attempt that the cancel is to find at work. */
  async start(): Promise<void> {
    this.mayArrive.resolve();
    const started = this.started.promise.then(() => true);
    // A busy machine may keep the worker from its keys or its store at first.
    do this.#dispatch();
    while (!(await Promise.race([started, this.#responding.then(() => false)])));
    this.dispatch();
  }

  /** Notes what happens from now on. */
  watch(claims: boolean): void {
    this.events.length = 0;
    this.world.observer.onCommit = (by) => {
      if (by === "producer") this.events.push("written");
      else this.events.push(claims && !this.events.includes("claimed") ? "claimed" : "ended");
    };
  }

  dispatch(): void {
    if (!this.#isDispatched) this.#dispatch();
    this.#responding.then(this.#response.resolve, this.#response.reject);
  }

  #dispatch(): void {
    this.#isDispatched = true;
    const response = this.world.worker.nextResponse(this.id);
    this.#responding = this.world.run(this.id).then((isThere) => (isThere ? response : null));
  }

  cancel(): void {
    const cancelled = this.world.cancel(this.id);
    cancelled.then((answer) => {
      this.events.push("answered");
      this.#answer.resolve(answer);
    }, this.#answer.reject);
  }
}

type Procedure = (racing: Racing, kind: RacingKind) => Promise<void>;

const HOLDS: Readonly<Record<Hold, Procedure>> = {
  async nothing(racing) {
    racing.mayArrive.resolve();
    racing.mayEnd.resolve();
    racing.dispatch();
    racing.cancel();
  },
  async "the dispatch"(racing) {
    racing.mayArrive.resolve();
    racing.mayEnd.resolve();
    racing.cancel();
    await racing.answer;
    racing.dispatch();
  },
  async "the delivery"(racing) {
    racing.mayEnd.resolve();
    racing.dispatch();
    await racing.arriving.promise;
    racing.cancel();
    await racing.answer;
    racing.mayArrive.resolve();
  },
  async "the delivery's record"(racing, kind) {
    racing.mayEnd.resolve();
    racing.mayArrive.resolve();
    const rpc = kind === "claim" ? "Commit" : "BatchGetDocuments";
    const { arrived } = holdCall(racing.world.workerFaults, rpc, racing.answer);
    racing.dispatch();
    await arrived;
    racing.cancel();
  },
  async "the cancel, then the handler"(racing) {
    const { arrived } = holdCall(racing.world.producerFaults, "Commit", racing.started.promise);
    racing.cancel();
    await arrived;
    racing.mayArrive.resolve();
    racing.dispatch();
    await racing.answer;
    racing.mayEnd.resolve();
  },
  async "the handler"(racing) {
    racing.cancel();
    await racing.answer;
    racing.mayEnd.resolve();
  },
  async "the end"(racing) {
    const { arrived } = holdCall(racing.world.workerFaults, "Commit", racing.answer);
    racing.mayEnd.resolve();
    await arrived;
    racing.cancel();
  },
  async "the lock"(racing) {
    await cancelOnceLocked(racing);
    racing.mayEnd.resolve();
  },
  async "the lock for too long"(racing) {
    await cancelOnceLocked(racing);
    await racing.world.producerClock.advance(PATIENCE_MS);
    await racing.answer;
    racing.mayEnd.resolve();
  },
  async "the cancel"(racing) {
    const { arrived } = holdCall(racing.world.producerFaults, "Commit", racing.response);
    racing.cancel();
    await arrived;
    racing.mayArrive.resolve();
    racing.mayEnd.resolve();
    racing.dispatch();
  },
  async "the request"(racing) {
    racing.mayArrive.resolve();
    racing.mayEnd.resolve();
    racing.dispatch();
    await racing.response;
    racing.cancel();
  },
};

/** Holds the next call of an RPC back at the proxy; `arrived` resolves when it is there. */
export function holdCall(
  faults: FaultProxy,
  rpc: string,
  until: Promise<unknown>,
): { readonly arrived: Promise<void> } {
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  const onArrival = async (): Promise<void> => {
    resolve();
    await until;
  };
  void faults.inject({ rpc, when: "after-effect", answer: "its-own", onArrival });
  return { arrived };
}

/** Cancels while the handler's transaction holds the record, and returns once the cancel's commit waits for that. */
async function cancelOnceLocked(racing: Racing): Promise<void> {
  racing.mayArrive.resolve();
  racing.dispatch();
  await racing.started.promise;
  const { arrived } = holdCall(racing.world.producerFaults, "Commit", Promise.resolve());
  racing.cancel();
  await arrived;
  const over = new AbortController();
  await racing.world.producerFaults.waitUntilStuck(over.signal);
  over.abort();
}
