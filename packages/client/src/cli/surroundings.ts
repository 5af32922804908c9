import type { Readable, Writable } from "node:stream";
import type { Clock } from "../../../../shared/runtime/clock.ts";

/** What the command line receives from its process. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Clock;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Aborts when the person or the system ends the command. */
  readonly signal: AbortSignal;
}

/** Whether there is a person to ask. Questions go to stderr, since stdout may be a pipe. */
export function canAsk({ stdin, stderr }: Surroundings): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}
