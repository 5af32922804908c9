import type { Firestore } from "@google-cloud/firestore";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { VirtualClock } from "handoff-emulators/clock";
import type { Outside } from "./matrix-handlers.ts";
import { STEP_MS } from "../cell/time.ts";
import { connectToEmulator } from "../../harness/firestore/connect-to-emulator.ts";
import { type WorkerProcess, startWorkerProcess } from "./worker-process.ts";

/** Waits for Firestore are over after this many steps of a delivery. */
const MAX_STEPS = 8;

/** How often a call must be found stuck, with a read answered in between, before it counts as stuck. */
const TIMES_SEEN_STUCK = 3;

/**
 * One Firestore and three worker processes on one timeline: `subject` is the one that meets the faults, `other` is
 * where deliveries succeed, and `late` has been killed: its clock stands still and its handlers never end.
 */
export class World {
  readonly db: Firestore;
  readonly outside: Outside;
  readonly late: WorkerProcess;
  subject: WorkerProcess;
  readonly other: WorkerProcess;
  readonly #emulator: Emulator;
  readonly #storeClock: VirtualClock;
  readonly #discarded: Promise<void>[] = [];
  readonly #frozen = new Set<WorkerProcess>();

  constructor(
    { emulator, storeClock, outside }: { emulator: Emulator; storeClock: VirtualClock; outside: Outside },
    processes: readonly [WorkerProcess, WorkerProcess, WorkerProcess],
  ) {
    this.#emulator = emulator;
    this.#storeClock = storeClock;
    this.outside = outside;
    this.db = connectToEmulator(emulator);
    [this.subject, this.other, this.late] = processes;
  }

  /** Lets time pass, in milliseconds, for Firestore and for every process that is awake. */
  async pass(ms: number): Promise<void> {
    await Promise.all([this.#storeClock, ...this.#awake().map(({ clock }) => clock)].map((clock) => clock.advance(ms)));
  }

  /** Stops a process's clock while something happens: it sleeps through it. */
  async whileFrozen<Result>(process: WorkerProcess, doing: () => Promise<Result>): Promise<Result> {
    this.#frozen.add(process);
    try {
      return await doing();
    } finally {
      this.#frozen.delete(process);
    }
  }

  /**
   * A delivery's response. If Firestore keeps it waiting, the worker's time runs out while Firestore's stands still.
   */
  async answerOf<Answer>(process: WorkerProcess, answering: Promise<Answer>): Promise<Answer> {
    return await this.#afterSteps(process, answering, () => this.losePatience());
  }

  /** The result of something that goes on after its delivery was answered, once the locks in its way run out. */
  async endOf<Answer>(process: WorkerProcess, going: Promise<Answer>): Promise<Answer> {
    return await this.#afterSteps(process, going, () => this.pass(STEP_MS));
  }

  async #afterSteps<Answer>(
    process: WorkerProcess,
    going: Promise<Answer>,
    step: () => Promise<void>,
  ): Promise<Answer> {
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const answer = await this.answeredOrStuck(process, going);
      if (answer !== null) return answer;
      await step();
    }
    throw new Error("A process never came to an end.");
  }

  /** A process's response, or null while Firestore keeps it waiting. */
  async answeredOrStuck<Answer>(process: WorkerProcess, answering: Promise<Answer>): Promise<Answer | null> {
    const answered = new AbortController();
    const done = answering.finally(() => answered.abort());
    for (let seen = 0; seen < TIMES_SEEN_STUCK; seen++) {
      const stuck = process.faults.waitUntilStuck(answered.signal).then(() => null);
      const answer = await Promise.race([done, stuck]);
      if (answer !== null) return answer;
      await this.db.doc("nothing/here").get();
    }
    return answered.signal.aborted ? await done : null;
  }

  /** Lets enough time pass, for every process that is awake, that an unanswered delivery is given up. */
  async losePatience(): Promise<void> {
    await Promise.all(this.#awake().map(({ clock }) => clock.advance(STEP_MS)));
  }

  /** Abandons the subject, and starts another. */
  async replaceSubject(): Promise<void> {
    this.#discarded.push(this.subject.discard());
    this.subject = await startWorkerProcess(this.#emulator, this.outside);
  }

  #awake(): WorkerProcess[] {
    return [this.subject, this.other].filter((process) => !this.#frozen.has(process));
  }

  async stop(): Promise<void> {
    await Promise.all([this.subject, this.other, this.late].map((process) => process.discard()));
    await Promise.all(this.#discarded);
    await this.db.terminate();
    await this.#emulator.stop();
  }
}

type Emulator = Awaited<ReturnType<typeof startFirestoreEmulator>>;

/** Starts an emulator and the processes of one world. */
export async function startWorld(): Promise<World> {
  const storeClock = new VirtualClock();
  const emulator = await startFirestoreEmulator({ clock: storeClock });
  const outside: Outside = { effects: [], runs: [] };
  const start = () => startWorkerProcess(emulator, outside);
  return new World({ emulator, storeClock, outside }, [await start(), await start(), await start()]);
}
