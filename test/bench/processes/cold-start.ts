import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { freePort } from "../../harness/network/free-port.ts";
import { processorMs, residentMib } from "./process-usage.ts";

/** A service that can be started, and a request that it does its real work for. */
export interface ColdService {
  readonly command: readonly [executable: string, ...args: string[]];
  /** Its variables. `PORT` is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly request: (origin: string) => Request;
}

/** One start, from the moment the process was spawned. */
export interface ColdStart {
  /** Until its port took a connection. */
  readonly listeningMs: number;
  /** Until the response to a request that was sent then had been read. */
  readonly respondedMs: number;
  /** The processor time of the process until then. */
  readonly cpuMs: number;
  /** Its resident memory, once it listened and had nothing left to do. */
  readonly idleMib: number;
  /** The same after the response. */
  readonly servedMib: number;
}

const POLL_MS = 2;
const MAX_START_MS = 30_000;

/** Starts a service, makes its first request as soon as its port is open, and stops it. */
export async function startCold(service: ColdService): Promise<Omit<ColdStart, "idleMib">> {
  return await whileRunning(service, async ({ pid, port, startedMs }) => {
    await listening(port);
    const listeningMs = performance.now() - startedMs;
    await respond(service, port);
    const respondedMs = performance.now() - startedMs;
    const cpuMs = processorMs(pid);
    await untilIdle(pid);
    return { listeningMs, respondedMs, cpuMs, servedMib: residentMib(pid).now };
  });
}

/** The resident memory of a service that has had no request yet. */
export async function idleMemory(service: ColdService): Promise<number> {
  return await whileRunning(service, async ({ pid, port }) => {
    await listening(port);
    await untilIdle(pid);
    return residentMib(pid).now;
  });
}

interface Running {
  readonly pid: number;
  readonly port: number;
  readonly startedMs: number;
}

async function whileRunning<Result>(
  { command: [executable, ...args], env }: ColdService,
  use: (running: Running) => Promise<Result>,
): Promise<Result> {
  const port = await freePort();
  const startedMs = performance.now();
  const child = spawn(executable, args, { env: { ...env, PORT: `${port}` }, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  child.stdout.resume();
  try {
    return await Promise.race([use({ pid: child.pid ?? 0, port, startedMs }), failOnceEnded(child, ended)]);
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

async function failOnceEnded(child: ChildProcess, ended: Promise<unknown>): Promise<never> {
  await ended;
  throw new Error(`${child.spawnargs.join(" ")} ended with ${child.exitCode ?? child.signalCode}.`);
}

async function listening(port: number): Promise<void> {
  const givesUpAtMs = performance.now() + MAX_START_MS;
  while (!(await takesConnection(port))) {
    if (performance.now() > givesUpAtMs) throw new Error("The service does not listen.");
    await setTimeout(POLL_MS);
  }
}

async function takesConnection(port: number): Promise<boolean> {
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

async function respond({ request }: ColdService, port: number): Promise<void> {
  const response = await fetch(request(`http://127.0.0.1:${port}`), { signal: AbortSignal.timeout(MAX_START_MS) });
  const text = await response.text();
  if (!response.ok) throw new Error(`The first response is ${response.status}: ${text}`);
}

const IDLE_MS = 250;

/** Waits until a process has used next to no processor for a while. */
async function untilIdle(pid: number): Promise<void> {
  for (let before = -1, now = 0; now - before > 1; before = now, now = processorMs(pid)) await setTimeout(IDLE_MS);
}
