import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { STARTED } from "../../shared/runtime/program.ts";
import { readableLine } from "./log-line.ts";

/** A program of the stack, and how to run it. */
export interface Program {
  readonly name: string;
  readonly command: readonly [executable: string, ...args: string[]];
  /**
   * A line that the program prints once it is listening. Default: it sends a message over its IPC channel, as our own
   * programs do whatever their log level.
   */
  readonly listens?: RegExp;
  /** Its complete environment. */
  readonly environment: NodeJS.ProcessEnv;
}

/** A running process. */
export interface Child {
  readonly pid: number;
  /** Resolves once it is listening; rejects if it ends before that. */
  readonly listening: Promise<void>;
  /** Resolves when it has ended, with a description of how. */
  readonly ended: Promise<string>;
  /** Asks it to stop, and kills it if it hasn't ended after `STOP_LIMIT_MS`. */
  stop(): Promise<void>;
}

/** The worker drains for 8 s and needs a moment to settle. Everything else stops faster. */
const STOP_LIMIT_MS = 15_000;

/** Starts a program, and prints each line of its output prefixed with its name. */
export function startChild(program: Program, print: (line: string) => void): Child {
  const [executable, ...args] = program.command;
  const child = spawn(executable, args, {
    env: program.environment,
    // Its own process group, so that Ctrl-C in the terminal only reaches the parent, which stops the programs in order.
    // The IPC channel covers the opposite case: when the parent is gone, the program sees the channel close, and stops.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true,
  });
  const { promise: listening, resolve: isListening, reject: endedEarly } = Promise.withResolvers<void>();
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ? `was ended by ${signal}` : `ended with exit code ${code}`));
  });
  void ended.then((how) => endedEarly(new Error(`The ${program.name} ${how} before it was listening.`)));
  listening.catch(() => {});

  forEachLine(child.stdout, (line) => {
    print(readableLine(program.name, line));
    if (program.listens?.test(line)) isListening();
  });
  child.on("message", (message) => {
    if (message === STARTED) isListening();
  });
  forEachLine(child.stderr, (line) => print(readableLine(program.name, line)));
  return { pid: child.pid ?? -1, listening, ended, stop: () => stop(child, ended) };
}

function forEachLine(stream: Readable | null, callback: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on("line", callback);
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill("SIGTERM");
  const killing = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await ended;
  clearTimeout(killing);
}
