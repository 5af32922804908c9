import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { compileCacheOf } from "../../../services/local/compile-cache.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { freePort } from "../../harness/network/free-port.ts";

/** What `npm start` runs, all of it on this machine, with handlers that note when they start. */
export interface LocalStack {
  readonly producerUrl: string;
  readonly consoleUrl: string;
  /** The emulators' addresses. */
  readonly emulators: Readonly<Record<"cloudTasks" | "firestore", { readonly host: string; readonly port: number }>>;
  /** The process ids by name; `local` is the one that starts the others and prints what they log. */
  readonly pids: Readonly<Record<"local" | "producer" | "worker" | "console" | "cloud-tasks" | "firestore", number>>;
  /** Resolves once all tasks have left their queues. */
  emptied(): Promise<void>;
  /** When each task's handler has started, by `process.hrtime`, in nanoseconds. */
  handlerStarts(): ReadonlyMap<string, bigint>;
  stop(): Promise<void>;
}

/** The types of `shared/tasks` that the handlers are for: both `claim`, each in a queue of its own. */
export const CLAIMED_TYPES = ["canary.claim", "canary.natural"] as const;

const COPIED = ["services", "shared", "packages", "tools", "package.json"];
const HIGHEST_RATE = 500;
const MAX_WAIT_MS = 300_000;

/** Starts a copy of the project, since handlers and queues are part of the sources. */
export async function startLocalStack(): Promise<LocalStack> {
  const project = fs.mkdtempSync(path.join(os.tmpdir(), "bench-stack-"));
  copyProject(project);
  const startsFile = path.join(project, "handler-starts");
  const [producer, worker, console, cloudTasks, firestore] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const stack = spawn(
    process.execPath,
    [path.join(project, "services/local/main.ts"), "--data", path.join(project, "data")],
    {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...compileCacheOf(project),
        PATH: process.env["PATH"],
        HANDLER_STARTS: startsFile,
        PRODUCER_PORT: `${producer}`,
        WORKER_PORT: `${worker}`,
        CONSOLE_PORT: `${console}`,
        CLOUD_TASKS_EMULATOR_HOST: `127.0.0.1:${cloudTasks}`,
        FIRESTORE_EMULATOR_HOST: `127.0.0.1:${firestore}`,
      },
    },
  );
  const exited = once(stack, "exit");
  const stop = async (): Promise<void> => {
    stack.kill("SIGTERM");
    await exited;
    fs.rmSync(project, { recursive: true });
  };
  const pids = new Map<string, number>([["local", stack.pid ?? 0]]);
  const ready = Promise.withResolvers<void>();
  createInterface({ input: stack.stdout }).on("line", (line) => {
    const [, name, pid] = /^(\S+) has pid (\d+)$/.exec(line) ?? [];
    if (name !== undefined) pids.set(name, Number(pid));
    if (line.startsWith("ready ")) ready.resolve();
  });
  void exited.then(() => ready.reject(new Error("The stack ended before it was ready.")));
  try {
    await ready.promise;
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    producerUrl: `http://127.0.0.1:${producer}`,
    consoleUrl: `http://127.0.0.1:${console}`,
    emulators: {
      cloudTasks: { host: "127.0.0.1", port: cloudTasks },
      firestore: { host: "127.0.0.1", port: firestore },
    },
    pids: {
      local: pidOf(pids, "local"),
      producer: pidOf(pids, "producer"),
      worker: pidOf(pids, "worker"),
      console: pidOf(pids, "console"),
      "cloud-tasks": pidOf(pids, "cloud-tasks"),
      firestore: pidOf(pids, "firestore"),
    },
    emptied: () => untilEmpty(`http://127.0.0.1:${cloudTasks}/_emulator/idle`),
    handlerStarts: () => readStarts(startsFile),
    stop,
  };
}

function copyProject(project: string): void {
  for (const name of COPIED) fs.cpSync(path.join(PROJECT_DIR, name), path.join(project, name), { recursive: true });
  fs.symlinkSync(path.join(PROJECT_DIR, "node_modules"), path.join(project, "node_modules"));
  const handlers = path.join(import.meta.dirname, "../programs/reporting-canaries.ts");
  fs.copyFileSync(handlers, path.join(project, "services/worker/handlers/canaries.ts"));
  edit(path.join(project, "shared/tasks/canary.ts"), /idempotency: "natural"/g, 'idempotency: "claim"');
  const queues = path.join(project, "shared/tasks/queues.ts");
  edit(queues, /maxDispatchesPerSecond: [\d_]+/g, `maxDispatchesPerSecond: ${HIGHEST_RATE}`);
  edit(queues, /maxConcurrentDispatches: [\d_]+/g, "maxConcurrentDispatches: 100");
}

function edit(file: string, from: RegExp, to: string): void {
  const text = fs.readFileSync(file, "utf8");
  const edited = text.replaceAll(from, to);
  if (edited === text) throw new Error(`${file} has nothing like ${from}.`);
  fs.writeFileSync(file, edited);
}

async function untilEmpty(url: string): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ until: "empty", timeoutMs: MAX_WAIT_MS }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`The queues are not empty: ${text}`);
}

function pidOf(pids: ReadonlyMap<string, number>, name: string): number {
  const pid = pids.get(name);
  if (pid === undefined) throw new Error(`The stack has named no pid of ${name}.`);
  return pid;
}

function readStarts(file: string): Map<string, bigint> {
  const lines = fs.readFileSync(file, "utf8").trimEnd().split("\n");
  return new Map(lines.map((line) => [line.split(" ")[0] ?? "", BigInt(line.split(" ")[1] ?? 0)]));
}
