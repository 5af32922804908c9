import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { STARTED } from "../../../shared/runtime/program.ts";
import { type LineLog, openLineLog } from "../line-log.ts";
import type { RunFolder } from "../run-folder.ts";

/** A program of the run. */
export interface RunProgram {
  readonly name: string;
  /** Node's arguments. */
  readonly args: readonly string[];
  /** Its whole environment, apart from PATH. */
  readonly environment: Readonly<Record<string, string>>;
  /** How far its clock is off, in milliseconds. Default: not at all. */
  readonly clockOffsetMs?: number;
}

/** A process of the run. */
export interface RunProcess {
  readonly pid: number;
  readonly ended: Promise<void>;
  readonly hasEnded: boolean;
  kill(signal: NodeJS.Signals): void;
  /** Sends SIGTERM, and kills the process if it hasn't ended within 10 s, as Cloud Run does. */
  end(): Promise<void>;
  /** Pauses it for this long; it resumes even if this process is gone by then. */
  stopFor(durationMs: number): Promise<void>;
}

const START_LIMIT_MS = 120_000;
const TERM_LIMIT_MS = 10_000;

/** Starts programs, and ends any that are left at the end. Each one's output goes to its own file. */
export class Processes {
  readonly #logs: string;
  readonly #lives: LineLog;
  readonly #running = new Set<ChildProcess>();

  constructor(folder: Pick<RunFolder, "logs" | "processes">) {
    this.#logs = folder.logs;
    this.#lives = openLineLog(folder.processes);
    fs.mkdirSync(folder.logs, { recursive: true });
  }

  /**
   * Starts a program and resolves when it listens.
   *
   * @throws Error if it ends first, or takes too long.
   */
  async start({ name, args, environment, clockOffsetMs = 0 }: RunProgram): Promise<RunProcess> {
    const file = path.join(this.#logs, `${name}.log`);
    const output = fs.openSync(file, "a");
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env["PATH"], ...environment },
      // Straight to the file, so that a kill loses nothing. The IPC channel ends the program when this process ends.
      stdio: ["ignore", output, output, "ipc"],
    });
    fs.closeSync(output);
    this.#running.add(child);
    const tell = (what: "listens" | "ended" | "stopped" | "goes on", how: object = {}): void =>
      this.#lives.write({ what, name, pid: child.pid, at: Date.now(), ...how });
    const ended = new Promise<void>((resolve) => {
      child.once("exit", (_, signal) => {
        this.#running.delete(child);
        tell("ended", { signal });
        resolve();
      });
    });
    await listening(child, `${name}, which writes to ${file},`, ended);
    tell("listens", { clockOffsetMs });
    return {
      pid: child.pid ?? -1,
      ended,
      get hasEnded() {
        return child.exitCode !== null || child.signalCode !== null;
      },
      kill: (signal) => void child.kill(signal),
      async end() {
        child.kill("SIGTERM");
        const killing = setTimeout(() => child.kill("SIGKILL"), TERM_LIMIT_MS);
        await ended;
        clearTimeout(killing);
      },
      async stopFor(durationMs) {
        tell("stopped");
        await stopFor(child, durationMs);
        tell("goes on");
      },
    };
  }

  /** Ends what is left. */
  async killAll(): Promise<void> {
    const ended = [...this.#running].map(
      (child) =>
        new Promise<void>((resolve) => {
          child.once("exit", () => resolve());
          // A stopped process ends by SIGKILL, too.
          child.kill("SIGKILL");
        }),
    );
    await Promise.all(ended);
  }
}

async function listening(child: ChildProcess, name: string, ended: Promise<void>): Promise<void> {
  const { promise: tooLong, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${name} does not listen.`)), START_LIMIT_MS);
  const started = new Promise<void>((resolve) => {
    child.on("message", (message) => {
      if (message === STARTED) resolve();
    });
  });
  const endedEarly = ended.then(() => Promise.reject(new Error(`${name} ended before it was listening.`)));
  endedEarly.catch(() => undefined);
  try {
    await Promise.race([started, endedEarly, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

/** A shell resumes it, because it outlives this process: no process stays paused. */
function stopFor(child: ChildProcess, durationMs: number): Promise<void> {
  const script = 'kill -STOP "$0" && sleep "$1"; kill -CONT "$0"';
  const shell = spawn("sh", ["-c", script, String(child.pid), String(durationMs / 1_000)], {
    stdio: "ignore",
    detached: true,
  });
  return new Promise((resolve) => void shell.once("exit", () => resolve()));
}
