import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { STARTED } from "../../shared/runtime/program.ts";
import { readableLine } from "./log-line.ts";

/** A program of the stack: what to run, with which environment. */
export interface Program {
  readonly name: string;
  readonly command: readonly [executable: string, ...args: string[]];
  /** A line that it prints once it listens. Default: it tells over its channel, as ours do whatever they log. */
  readonly listens?: RegExp;
  /** All of its environment. */
  readonly environment: NodeJS.ProcessEnv;
}

/** A process that was started. */
export interface Child {
  readonly pid: number;
  /** Resolves when it listens; rejects when it ends before that. */
  readonly listening: Promise<void>;
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>;
  /** Asks it to stop, and kills it when it has not ended after `STOP_LIMIT_MS`. */
  stop(): Promise<void>;
}

/** The worker drains for 8 s and needs a moment to settle; everything else stops faster. */
const STOP_LIMIT_MS = 15_000;

/** Starts a program and prints each of its lines with its name before it. */
export function startChild(program: Program, print: (line: string) => void): Child {
  const [executable, ...args] = program.command;
  const child = spawn(executable, args, {
    env: program.environment,
    // Its own group, so that Ctrl-C in the terminal reaches only the parent, which stops the programs in order.
    // The channel is for the opposite case: a program whose parent has gone sees it close, and stops.
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
