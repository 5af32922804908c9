import type { Program } from "./programs.ts";
import { startBundle } from "./running-bundle.ts";

const MAX_RESPONSE_MS = 20_000;

/** The measurements of a program's run. */
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
  {
    residentBytesOf,
    ...options
  }: Parameters<typeof startBundle>[1] & {
    readonly residentBytesOf?: (pid: number) => number;
  },
): Promise<TryOut> {
  const startedMs = performance.now();
  const running = await startBundle(program, options);
  try {
    const listeningAfterMs = performance.now() - startedMs;
    const residentBytes = residentBytesOf?.(running.pid) ?? 0;
    const [port] = running.ports.values();
    const url = `http://127.0.0.1:${port}${program.answersAt}`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(MAX_RESPONSE_MS) });
    if (!answer.ok) throw new Error(`${program.name}: GET ${program.answersAt} returned ${answer.status}.`);
    await running.stop();
    return { listeningAfterMs, residentBytes };
  } finally {
    await running.kill();
  }
}
