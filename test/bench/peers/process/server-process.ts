import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { freePort } from "../../../harness/network/free-port.ts";

/** A program to measure. It listens at the port that PORT names, unless it learns its address in another way. */
export interface ServerProgram {
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The variable that holds its `host:port`. */
  readonly addressVariable?: string;
  /** The arguments after `command` that tell it its port. */
  readonly portArgs?: (port: number) => readonly string[];
  /** The line that it prints once it is up. Default: it is up when its port takes connections. */
  readonly upLine?: string;
  /** The user to run it as. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

/** A program in a process of its own, whose standard output this process reads. */
export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  readonly address: string;
  /** When it was started, in milliseconds of `performance.now()`. */
  readonly startedAtMs: number;
  /** Calls back for each line that it prints from now on, and for nobody else. */
  onLine(callback: (line: string) => void): void;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const SAID_LENGTH = 2_000;
const POLL_MS = 1;
const MAX_START_MS = 60_000;

/** What runs now. */
const running = new Set<ChildProcess>();

/**
 * Starts a program, and resolves once it is up.
 *
 * @throws Error with the last that it said, when it ends before that.
 */
export async function startServer(program: ServerProgram): Promise<ServerProcess> {
  const port = await freePort();
  const startedAtMs = performance.now();
  const child = launch(program, port);
  const output = readOutput(child);
  const up = Promise.withResolvers<void>();
  const fail = (how: string): void => up.reject(new Error(`${program.command.join(" ")} ${how}:\n${output.said()}`));
  child.once("error", (error) => fail(error.message));
  child.once("close", () => fail("ended"));
  AbortSignal.timeout(MAX_START_MS).addEventListener("abort", () => fail("is not up after a minute"));
  if (program.upLine === undefined) {
    void untilListening(port, () => hasEnded(child)).then((isUp) => isUp && up.resolve());
  } else output.onLine((line) => line === program.upLine && up.resolve());
  await up.promise;
  return {
    pid: child.pid ?? 0,
    port,
    address: `127.0.0.1:${port}`,
    startedAtMs,
    onLine: output.onLine,
    async stop(signal = "SIGKILL") {
      if (hasEnded(child)) return;
      const closed = once(child, "close");
      child.kill(signal);
      await closed;
    },
  };
}

function launch(program: ServerProgram, port: number) {
  const [executable, ...args] = program.command;
  const child = spawn(executable, [...args, ...(program.portArgs?.(port) ?? [])], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...addressOf(program, port), ...program.env },
    ...program.user,
    ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
  });
  endWithThis();
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

/** Reads all output, so that the program never waits for it, and remembers the last of it. */
function readOutput({ stdout, stderr }: ChildProcessByStdio<null, Readable, Readable>) {
  let said = "";
  let hear: ((line: string) => void) | undefined;
  const note = (text: string): void => {
    said = (said + text).slice(-SAID_LENGTH);
  };
  stderr.setEncoding("utf8").on("data", note);
  createInterface({ input: stdout }).on("line", (line) => {
    note(`${line}\n`);
    hear?.(line);
  });
  return {
    said: () => said,
    onLine: (callback: (line: string) => void): void => {
      hear = callback;
    },
  };
}

let isTied = false;

/** Leaves nothing behind when this process ends early. */
function endWithThis(): void {
  if (isTied) return;
  isTied = true;
  process.once("exit", () => {
    for (const child of running) child.kill("SIGKILL");
  });
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
}

function addressOf({ addressVariable }: ServerProgram, port: number): Readonly<Record<string, string>> {
  if (addressVariable !== undefined) return { [addressVariable]: `127.0.0.1:${port}` };
  return { HOST: "127.0.0.1", PORT: String(port) };
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** Whether the port takes connections at last. */
async function untilListening(port: number, isOver: () => boolean): Promise<boolean> {
  while (!isOver()) {
    if (await takesConnections(port)) return true;
    await setTimeout(POLL_MS);
  }
  return false;
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = net.connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
