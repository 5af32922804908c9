import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { STARTED } from "../../shared/runtime/program.ts";
import { ConfigError } from "../../shared/runtime/config-error.ts";
import { escapeControls, readableLine } from "./log-line.ts";

/** A program of the stack, and how to run it. */
export interface Program {
  readonly name: string;
  readonly command: readonly [executable: string, ...args: string[]];
  /**
   * Matches the line that the program prints once it is listening. Default: it sends a message over its IPC channel, as
   * our own programs do at any log level.
   */
  readonly listens?: RegExp;
  /** Called with each line of its standard output. */
  readonly onLine?: (line: string) => void;
  /** Selects lines of its standard output that aren't printed. Default: none. */
  readonly hides?: (line: string) => boolean;
  /** Its complete environment. */
  readonly environment: NodeJS.ProcessEnv;
}

/** How a process ended. */
export interface Ending {
  /** A description, such as "ended with exit code 1". */
  readonly how: string;
  /** Whether it failed by itself. Otherwise it was ended from outside, or exited cleanly after it had listened. */
  readonly isCrash: boolean;
  /** The last error that it printed, if any. */
  readonly lastError?: string;
}

/** A running process. */
export interface Child {
  /** Undefined if it couldn't be started. */
  readonly pid: number | undefined;
  /** Resolves once it is listening; rejects if it ends before that. */
  readonly listening: Promise<void>;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ending>;
  /** Asks the process to stop, and kills it if it hasn't ended after `STOP_LIMIT_MS`. */
  stop(): Promise<void>;
}

/** The worker drains for 8 s and needs a moment to settle. Everything else stops faster. */
const STOP_LIMIT_MS = 15_000;

/** A person or the system ended the process. Any other signal is the process's own fault. */
const SENT_FROM_OUTSIDE: ReadonlySet<string> = new Set(["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"]);

/** Matches a line on standard error that says what went wrong, not where: no stack frame, no code excerpt. */
const NAMES_AN_ERROR = /^(?:\w*(?:Error|Exception)\b|FATAL ERROR: |(?: {2}- )?[A-Z].*\.$)/;
const MAX_ERROR_LENGTH = 200;
const LAST_WORDS_MS = 500;

/** Starts a program, and prints each line of its output prefixed with its name. */
export function startChild(program: Program, print: (line: string) => void): Child {
  const [executable, ...args] = program.command;
  const child = spawn(executable, args, {
    env: program.environment,
    // Its own process group, so that Ctrl-C in the terminal only reaches the parent, which stops the programs in order.
    // In the opposite case, when the parent has exited, the program sees its IPC channel close, and stops.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true,
  });
  // A program that isn't ours, such as Google's emulator, doesn't watch its channel.
  if (program.listens) process.once("exit", () => child.kill("SIGTERM"));
  const { promise: listening, resolve: isListening, reject: endedEarly } = Promise.withResolvers<void>();
  const seen: Seen = { isUp: false };
  const ended = whenEnded(child, seen);
  // Our own stack would be useless here: the program has said why it ended.
  void ended.then(({ how }) => endedEarly(new ConfigError(`The ${program.name} ${how} before it was listening.`)));
  listening.then(
    () => {
      seen.isUp = true;
    },
    () => {},
  );

  forEachLine(child.stdout, (line) => {
    if (program.hides?.(line) !== true) print(readableLine(program.name, line));
    program.onLine?.(line);
    if (program.listens?.test(line)) isListening();
  });
  child.on("message", (message) => {
    if (message === STARTED) isListening();
  });
  forEachLine(child.stderr, (line) => {
    print(readableLine(program.name, line));
    if (NAMES_AN_ERROR.test(line)) seen.lastError = escapeControls(line.trim()).slice(0, MAX_ERROR_LENGTH);
  });
  return { pid: child.pid, listening, ended, stop: () => stop(child, ended) };
}

/** What is known of a process so far. */
interface Seen {
  isUp: boolean;
  lastError?: string;
}

function whenEnded(child: ChildProcess, seen: Seen): Promise<Ending> {
  return new Promise((resolve) => {
    const end = (how: string, isCrash: boolean): void => {
      const { lastError } = seen;
      resolve({ how, isCrash, ...(lastError === undefined ? {} : { lastError }) });
    };
    child.once("exit", (code, signal) => {
      const tell = (): void => {
        if (signal) end(`was ended by ${signal}`, !SENT_FROM_OUTSIDE.has(signal));
        else end(`ended with exit code ${code}`, code !== 0 || !seen.isUp);
      };
      // Its last output may still be in the pipe. But a process that it leaves behind may hold the pipe open for ever.
      const waiting = setTimeout(tell, LAST_WORDS_MS);
      child.once("close", () => {
        clearTimeout(waiting);
        tell();
      });
    });
    // Node's binary may be missing, for example while npm reinstalls it.
    child.once("error", (error) => {
      if (child.pid === undefined) end(`could not be started (${error.message})`, true);
    });
  });
}

function forEachLine(stream: Readable | null, callback: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on("line", callback);
}

async function stop(child: ChildProcess, ended: Promise<Ending>): Promise<void> {
  child.kill("SIGTERM");
  // A suspended process, as after Ctrl-Z or in a debugger, must continue in order to end cleanly.
  child.kill("SIGCONT");
  const killing = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await ended;
  clearTimeout(killing);
}
