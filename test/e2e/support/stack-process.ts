import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { compileCacheOf } from "../../../services/local/compile-cache.ts";
import { registry } from "../../../shared/tasks/index.ts";
import { freePort } from "../../harness/network/free-port.ts";
import { temporaryFolder } from "../../harness/runtime/temporary-folder.ts";

/** The checkout that the tests stand in. */
export const CHECKOUT = path.resolve(import.meta.dirname, "../../..");
const START_LIMIT_MS = 100_000;

export interface StackPorts {
  readonly producer: number;
  readonly worker: number;
  readonly console: number;
  readonly queues: number;
  readonly firestore: number;
}

/** The stack as its own process, as `npm start` runs it. */
export interface StackProcess {
  readonly ports: StackPorts;
  readonly dataDir: string;
  readonly lines: readonly string[];
  /** Resolves with the first line after the given number of lines that matches, whether printed already or not. */
  line(pattern: RegExp, after?: number): Promise<string>;
  /** The process id of one of the stack's programs, as last printed. */
  pidOf(program: string): number;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
  /** Sends a signal, by default Ctrl-C's, and resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export async function freePorts(): Promise<StackPorts> {
  const [producer, worker, console, queues, firestore] = await Promise.all([1, 2, 3, 4, 5].map(freePort));
  if (!producer || !worker || !console || !queues || !firestore) throw new Error("There are not five free ports.");
  return { producer, worker, console, queues, firestore };
}

/** Starts the stack without waiting for it. It is stopped when the test ends, unless something else is to see to that. */
export function spawnStack(options: {
  dataDir: string;
  ports: StackPorts;
  args?: readonly string[];
  /** The checkout to start. Default: the tests' own. */
  project?: string;
  /** Variables in addition to the ports. */
  env?: Readonly<Record<string, string>>;
  /** What sees to it that the stack is stopped. Default: the running test. */
  onFinished?: (stop: () => Promise<void>) => void;
}): StackProcess {
  const { ports, dataDir, project = CHECKOUT, onFinished = onTestFinished } = options;
  const main = path.join(project, "services/local/main.ts");
  const stack = spawn(process.execPath, [main, "--data", dataDir, ...(options.args ?? [])], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...compileCacheOf(project),
      // None may fire amid what a test counts. By hand, they run all the same.
      SCHEDULES_OFF: JSON.stringify([...registry.schedules.keys()]),
      ...options.env,
      PATH: process.env["PATH"],
      PRODUCER_PORT: String(ports.producer),
      WORKER_PORT: String(ports.worker),
      CONSOLE_PORT: String(ports.console),
      CLOUD_TASKS_EMULATOR_HOST: `127.0.0.1:${ports.queues}`,
      FIRESTORE_EMULATOR_HOST: `127.0.0.1:${ports.firestore}`,
    },
  });
  const exited = once(stack, "exit").then(() => stack.exitCode);
  const log = collectLines(stack);
  const stop = async (signal: NodeJS.Signals = "SIGINT"): Promise<number | null> => {
    if (stack.exitCode === null && stack.signalCode === null) stack.kill(signal);
    return await exited;
  };
  onFinished(async () => {
    await stop();
  });
  return {
    ports,
    dataDir,
    exited,
    lines: log.lines,
    line: log.line,
    pidOf(program) {
      const printed = log.lines.findLast((line) => line.startsWith(`${program} has pid `));
      if (!printed) throw new Error(`The stack has printed no pid of ${program}.`);
      return Number(printed.split(" ").at(-1));
    },
    stop,
  };
}

/** Starts the stack and resolves when it has printed its `ready` line. */
export async function startStackProcess(
  options: Partial<Parameters<typeof spawnStack>[0]> = {},
): Promise<StackProcess> {
  const dataDir = options.dataDir ?? temporaryFolder();
  const ports = options.ports ?? (await freePorts());
  const stack = spawnStack({ ...options, dataDir, ports });
  await stack.line(/^ready/);
  return stack;
}

/**
 * One stack for tests that only use it: each has tasks and receivers of its own, and leaves the stack's programs and settings
 * alone. It runs from the first test of a file, or of a group, to the last.
 */
export function shareStack(options: Pick<Parameters<typeof spawnStack>[0], "args" | "env"> = {}): () => StackProcess {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "handoff-"));
  const cleanUps: (() => Promise<void>)[] = [];
  let stack: StackProcess | undefined;
  beforeAll(async () => {
    stack = await startStackProcess({ ...options, dataDir, onFinished: (stop) => void cleanUps.push(stop) });
  }, START_LIMIT_MS);
  afterAll(async () => {
    for (const cleanUp of cleanUps) await cleanUp();
    fs.rmSync(dataDir, { recursive: true, force: true });
  }, START_LIMIT_MS);
  return () => {
    if (!stack) throw new Error("The stack has not started.");
    return stack;
  };
}

function collectLines(stack: ChildProcessByStdio<null, Readable, Readable>) {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let isClosed = false;
  const lookAgain = (): void => {
    for (const look of waiting) look();
  };
  for (const stream of [stack.stdout, stack.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      lookAgain();
    });
  }
  stack.once("close", () => {
    isClosed = true;
    lookAgain();
  });
  const line = (pattern: RegExp, after = 0): Promise<string> =>
    new Promise((resolve, reject) => {
      const stopWaiting = (): void => {
        clearTimeout(limit);
        waiting.delete(look);
      };
      const fail = (when: string): void => {
        stopWaiting();
        reject(new Error(`No line matched ${pattern} ${when}. The lines:\n${lines.join("\n")}`));
      };
      const limit = setTimeout(() => fail(`within ${START_LIMIT_MS} ms`), START_LIMIT_MS);
      const look = (): void => {
        const found = lines.slice(after).find((candidate) => pattern.test(candidate));
        if (found !== undefined) {
          stopWaiting();
          resolve(found);
        } else if (isClosed) fail("before the stack ended");
      };
      waiting.add(look);
      look();
    });
  return { lines, line };
}
