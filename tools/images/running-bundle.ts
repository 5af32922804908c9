import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Program } from "./programs.ts";

const MAX_RUN_MS = 20_000;

/** A running program that is listening. */
export interface RunningBundle {
  readonly pid: number;
  /** Its ports on loopback, by the names under which it logs them. */
  readonly ports: ReadonlyMap<string, number>;
  /**
   * Stops it.
   *
   * @throws Error with its output, unless its exit code is 0.
   */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/**
 * Starts a program and waits until it is listening.
 *
 * @param options.command what to run, with its arguments.
 * @param options.uid the user to run it as.
 * @param options.limitMs when to kill it; default 20 s.
 * @throws Error with its output if it ends before that.
 */
export async function startBundle(
  program: Pick<Program, "name" | "listensAs" | "tryOutEnv">,
  options: {
    readonly command: readonly string[];
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly uid?: number;
    readonly limitMs?: number;
  },
): Promise<RunningBundle> {
  const [executable = "", ...args] = options.command;
  const child = spawn(executable, args, {
    cwd: options.cwd,
    env: { ...program.tryOutEnv, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: options.limitMs ?? MAX_RUN_MS,
    // A program that ignores SIGTERM must still end.
    killSignal: "SIGKILL",
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  const written: string[] = [];
  const closed = once(child, "close");
  // Callers that await it still see the error. A process that can't start may end before anybody awaits it.
  closed.catch(() => {});
  child.stderr.setEncoding("utf8").on("data", (text: string) => written.push(text));
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await closed.catch(() => {});
  };
  const failed = (cause: unknown): Error => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new Error(`${program.name}: ${reason}\n${written.join("\n")}`, { cause });
  };
  try {
    const ports = await portsWhenListening(child, { names: program.listensAs, written });
    return {
      pid: child.pid ?? 0,
      ports,
      kill,
      async stop() {
        child.kill("SIGTERM");
        const [code, signal] = await closed;
        if (code !== 0) throw failed(`It ended with ${code ?? signal}.`);
      },
    };
  } catch (cause) {
    await kill();
    throw failed(cause);
  }
}

async function portsWhenListening(
  child: ChildProcess,
  { names, written }: { readonly names: readonly string[]; readonly written: string[] },
): Promise<ReadonlyMap<string, number>> {
  if (!child.stdout) throw new Error("It has no output.");
  const ports = new Map<string, number>();
  for await (const line of createInterface(child.stdout)) {
    written.push(line);
    const service = /"service":"([\w-]+)"/.exec(line)?.[1];
    const port = /"port":(\d+).*"message":"listening"/.exec(line)?.[1];
    if (service !== undefined && port !== undefined) ports.set(service, Number(port));
    if (!names.every((name) => ports.has(name))) continue;
    // Keep reading, or the program would block once the pipe is full.
    child.stdout.resume();
    return ports;
  }
  throw new Error("It ended before it was listening.");
}
