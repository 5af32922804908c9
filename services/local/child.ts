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
   * A line that the program prints once it is listening. Default: it sends a message over its IPC channel, as our own
   * programs do whatever their log level.
   */
  readonly listens?: RegExp;
  /** Called with each line of its standard output. */
  readonly onLine?: (line: string) => void;
  /** The lines of its standard output that aren't printed. Default: none. */
  readonly hides?: (line: string) => boolean;
  /** Its complete environment. */
  readonly environment: NodeJS.ProcessEnv;
}

/** How a process ended. */
export interface Ending {
  /** A description, such as "ended with exit code 1". */
  readonly how: string;
  /** Whether it failed by itself. Otherwise it was ended from outside, or left in order after it had listened. */
  readonly isCrash: boolean;
  /** What it last said of an error, if anything. */
  readonly lastError?: string;
}

/** A running process. */
export interface Child {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Resolves once it is listening; rejects if it ends before that. */
  readonly listening: Promise<void>;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ending>;
  /** Asks it to stop, and kills it if it hasn't ended after `STOP_LIMIT_MS`. */
  stop(): Promise<void>;
}

/** The worker drains for 8 s and needs a moment to settle. Everything else stops faster. */
const STOP_LIMIT_MS = 15_000;

/** Somebody ended the process, or the system did. Any other signal is a fault of its own. */
const SENT_FROM_OUTSIDE: ReadonlySet<string> = new Set(["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"]);

/** A line on standard error that says what went wrong, rather than where: no frame, no excerpt of the code. */
const NAMES_AN_ERROR = /^(?:\w*(?:Error|Exception)\b|FATAL ERROR: |(?: {2}- )?[A-Z].*\.$)/;
const MAX_ERROR_LENGTH = 200;
const LAST_WORDS_MS = 500;

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
  const seen: Seen = { isUp: false };
  const ended = whenEnded(child, seen);
  // Our own stack would say nothing: the program has said why it ended.
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

/** What has been seen of a process so far. */
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
      // Its last words may still be in the pipe. But a process that it leaves behind may hold the pipe for ever.
      const waiting = setTimeout(tell, LAST_WORDS_MS);
      child.once("close", () => {
        clearTimeout(waiting);
        tell();
      });
    });
    // Node's binary may be gone, for example while npm installs it again.
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
  // A process that was halted, as by Ctrl-Z or a debugger, must run to end in order.
  child.kill("SIGCONT");
  const killing = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await ended;
  clearTimeout(killing);
}
