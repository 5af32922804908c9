import type { Envelope } from "../../../shared/contract/envelope.ts";
import { sealTask } from "../../harness/worker/worker-harness.ts";
import { type HandlerEnd, type HandlerPlan, MATRIX_TASKS } from "../process/matrix-handlers.ts";
import type { Scenario } from "./scenarios.ts";
import { Observer } from "../judge/observed.ts";
import type { Ending } from "../process/ending.ts";
import type { WorkerProcess } from "../process/worker-process.ts";
import type { World } from "../process/world.ts";

let lastNumber = 0;

/** One task and its deliveries. Every response is checked against the record at once. */
export class Story {
  readonly world: World;
  readonly observer: Observer;
  /** The task that owns the record. */
  readonly task: Envelope;
  /** What is delivered: the task, or another payload under its id. */
  readonly delivered: Envelope;
  /** How handlers end when no fault hits. */
  readonly usualEnd: HandlerEnd;
  /** How they end meanwhile. */
  readonly endMeanwhile: HandlerEnd;
  readonly #isCounted: boolean;
  #retryCount: number;

  constructor(world: World, { task, end, before, meanwhile, isCounted = false }: Scenario) {
    const key = `matrix ${++lastNumber}`;
    this.world = world;
    const sealed = sealTask(MATRIX_TASKS[task], { n: lastNumber }, key);
    this.task = before === "30 days" ? aged(sealed) : sealed;
    this.#isCounted = isCounted || task === "natural" || task === "transaction";
    this.#retryCount = before === "30 days" ? 1 : 0;
    this.delivered = before === "another payload" ? sealTask(MATRIX_TASKS[task], { n: -lastNumber }, key) : this.task;
    this.usualEnd = end === "dies" ? "dies" : "succeeds";
    this.endMeanwhile = meanwhile ?? this.usualEnd;
    this.observer = new Observer(world.db, this);
  }

  /** Begins a delivery; its response is checked as soon as it arrives. */
  async begin(process: WorkerProcess, plan: HandlerPlan): Promise<Ending> {
    return await this.#deliver(this.delivered, process, plan);
  }

  /** Delivers, and lets time pass while Firestore keeps the delivery waiting. */
  async deliver(process: WorkerProcess, plan: HandlerPlan): Promise<Ending> {
    return await this.world.answerOf(process, this.begin(process, plan));
  }

  /** Begins a cancel; its response is checked as soon as it arrives. */
  async cancel(process: WorkerProcess): Promise<Ending> {
    const ending = await process.cancel(this.task);
    if (!process.handlers.killed) await this.observer.checkCancel(ending);
    return ending;
  }

  /** Delivers the task itself, even where the story delivers another payload under its id. */
  async deliverOriginal(): Promise<void> {
    await this.#deliver(this.task, this.world.other, { end: "succeeds" });
  }

  /** An attempt whose process is killed while its handler runs. */
  async killAtWork(): Promise<void> {
    const started = Promise.withResolvers<void>();
    const onArrival = (): Promise<never> => {
      started.resolve();
      return this.world.late.handlers.never;
    };
    void this.begin(this.world.late, { end: this.usualEnd, onArrival });
    await started.promise;
  }

  async #deliver(envelope: Envelope, process: WorkerProcess, plan: HandlerPlan): Promise<Ending> {
    process.handlers.plan = plan;
    const retryCount = this.#retryCount;
    // Before the next one begins, which may be while this one is under way.
    if (this.#isCounted) this.#retryCount++;
    const ending = await process.deliver(envelope, retryCount);
    // Nobody hears the response of a process that is gone.
    if (!process.handlers.killed) await this.observer.check(ending, envelope);
    return ending;
  }
}

/** A task that Cloud Tasks is about to delete. */
function aged(task: Envelope): Envelope {
  return { ...task, enqueuedAt: new Date(Date.parse(task.enqueuedAt) - 30.6 * 86_400_000).toISOString() };
}
