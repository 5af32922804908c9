import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Program } from "./programs.ts";

const LONGEST_TRY_MS = 20_000;

/** What was measured while a program ran. */
export interface TryOut {
  /** Milliseconds from the start of the process until it was listening. */
  readonly listeningAfterMs: number;
  /** Resident memory right after that, in bytes; 0 where the system doesn't report it. */
  readonly residentBytes: number;
}

/**
 * Runs a program: it must listen, answer over HTTP, and exit with code 0 when asked to stop.
 *
 * @param options.command what to run, with its arguments.
 * @param options.uid the user to run it as.
 * @param options.limitMs when to kill it; default 20 s.
 * @throws Error that says what it didn't do, with its output.
 */
export async function tryOut(
  program: Program,
  options: {
    readonly command: readonly string[];
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly uid?: number;
    readonly residentBytesOf?: (pid: number) => number;
    readonly limitMs?: number;
  },
): Promise<TryOut> {
  const [executable = "", ...args] = options.command;
  const startedMs = performance.now();
  const child = spawn(executable, args, {
    cwd: options.cwd,
    env: { ...program.tryOutEnv, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: options.limitMs ?? LONGEST_TRY_MS,
    // A program that ignores SIGTERM is exactly what this test is for.
    killSignal: "SIGKILL",
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  const written: string[] = [];
  const closed = once(child, "close");
  // Those who await it still see the error. A child that couldn't even start may end before anyone does.
  closed.catch(() => {});
  try {
    child.stderr.setEncoding("utf8").on("data", (text: string) => written.push(text));
    const port = await portWhenListening(child, written);
    const listeningAfterMs = performance.now() - startedMs;
    const residentBytes = options.residentBytesOf?.(child.pid ?? 0) ?? 0;
    const url = `http://127.0.0.1:${port}${program.answersAt}`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(LONGEST_TRY_MS) });
    if (answer.status !== 200) throw new Error(`GET ${program.answersAt} returned ${answer.status}.`);
    child.kill("SIGTERM");
    const [code, signal] = await closed;
    if (code !== 0) throw new Error(`It ended with ${code ?? signal}.`);
    return { listeningAfterMs, residentBytes };
  } catch (cause) {
    child.kill("SIGKILL");
    await closed.catch(() => {});
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${program.name}: ${reason}\n${written.join("\n")}`, { cause });
  }
}

async function portWhenListening(child: ChildProcess, written: string[]): Promise<number> {
  if (!child.stdout) throw new Error("It has no output.");
  const lines = createInterface(child.stdout);
  for await (const line of lines) {
    written.push(line);
    const port = /"port":(\d+).*"message":"listening"/.exec(line)?.[1];
    if (port === undefined) continue;
    // Keep reading, or the program would block once the pipe is full.
    child.stdout.resume();
    return Number(port);
  }
  throw new Error("It ended before it was listening.");
}
