import path from "node:path";
import type { Target } from "./balancer.ts";
import type { Processes, RunProcess } from "./process.ts";

const PROGRAMS = path.join(import.meta.dirname, "../programs");
const BUGS = path.join(import.meta.dirname, "../bugs/build-in.ts");
/** Enough for a program and its load; a handler that allocates all it can soon uses it up. */
const MEMORY_LIMIT_MIB = 160;
/** A program that is killed during its start is started again; one that never starts is not. */
const MAX_FAILED_STARTS = 20;

/** What may differ between the processes of a slot. */
export interface WorkerClock {
  readonly offsetMs: number;
  /** Whether the wrong clock also applies to tokens. */
  readonly tokensToo: boolean;
}

const RIGHT: WorkerClock = { offsetMs: 0, tokensToo: true };

/** The programs of a slot. Known bugs are built into the first two. */
type ProgramName = "worker" | "producer" | "application";

/** A place for a program: its process is restarted whenever it ends, as Cloud Run does. */
export class ProgramSlot {
  /** The worker's number; other programs have a number of their own kind. */
  readonly slot: number;
  readonly #program: ProgramName;
  readonly #processes: Processes;
  readonly #port: number;
  #environment: Readonly<Record<string, string>>;
  #current: RunProcess | undefined;
  #clock = RIGHT;
  #isOver = false;
  #failedStarts = 0;
  /** Whoever waits for the next start: two faults may end the same process. */
  #nextStart: PromiseWithResolvers<void> | undefined;

  constructor(
    processes: Processes,
    options: {
      program: ProgramName;
      slot: number;
      port: number;
      environment: Readonly<Record<string, string>>;
    },
  ) {
    this.#program = options.program;
    this.#processes = processes;
    this.slot = options.slot;
    this.#port = options.port;
    this.#environment = options.environment;
  }

  async start(): Promise<void> {
    const bug = this.#environment["CHAOS_BUG"];
    const hooks = bug === undefined || this.#program === "application" ? [] : ["--import", BUGS];
    const { offsetMs, tokensToo } = this.#clock;
    const current = await this.#processes.start({
      name: `${this.#program}-${this.slot}`,
      clockOffsetMs: offsetMs,
      args: [...hooks, `--max-old-space-size=${MEMORY_LIMIT_MIB}`, path.join(PROGRAMS, `${this.#program}.ts`)],
      environment: {
        ...this.#environment,
        CHAOS_CLOCK_OFFSET_MS: String(offsetMs),
        CHAOS_TOKENS_BY_WRONG_CLOCK: String(tokensToo),
        PORT: String(this.#port),
      },
    });
    this.#current = current;
    void current.ended.then(() => this.#startAgain());
    this.#nextStart?.resolve();
    this.#nextStart = undefined;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Where deliveries go; undefined while no process runs. */
  get target(): Target | undefined {
    const current = this.#current;
    return current && !current.hasEnded ? { slot: this.slot, port: this.#port, pid: current.pid } : undefined;
  }

  get process(): RunProcess | undefined {
    return this.#current?.hasEnded ? undefined : this.#current;
  }

  get hasWrongClock(): boolean {
    return this.#clock.offsetMs !== 0;
  }

  /** Ends the process by a signal; resolves when its replacement, with this clock, listens. */
  async replace(signal: "SIGKILL" | "SIGTERM", clock: WorkerClock = RIGHT): Promise<void> {
    const { process } = this;
    if (!process) return;
    this.#clock = clock;
    this.#nextStart ??= Promise.withResolvers();
    const restarted = this.#nextStart.promise;
    if (signal === "SIGTERM") await process.end();
    else process.kill(signal);
    await restarted;
  }

  /** Changes variables of the processes that start from now on. */
  reconfigure(variables: Readonly<Record<string, string>>): void {
    this.#environment = { ...this.#environment, ...variables };
  }

  /** Lets the process end in its own time, without a replacement. */
  async end(): Promise<void> {
    this.giveUp();
    await this.process?.end();
  }

  /** No replacement is to follow. */
  giveUp(): void {
    this.#isOver = true;
  }

  #startAgain(): void {
    if (this.#isOver || this.#failedStarts > MAX_FAILED_STARTS) return;
    this.start().catch(() => {
      this.#failedStarts++;
      this.#startAgain();
    });
  }
}
