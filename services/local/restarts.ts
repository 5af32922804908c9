import type { Ending } from "./child.ts";

/** How to restart a program that has ended. */
export interface Restart {
  /** How long to wait before it is started again, in milliseconds. */
  readonly delayMs: number;
  /** What to tell the developer. */
  readonly says: string;
}

/** A program that has listened for this long is healthy: earlier ends no longer count. */
const HEALTHY_MS = 10_000;

/** The waits before consecutive restarts; the last is for all later ones. A cause that goes away is noticed soon. */
const DELAYS_MS = [0, 1_000, 2_000, 5_000, 10_000];

/** From this many ends in a row, something is wrong that a restart alone doesn't fix. */
const LOOP_ENDS = 3;

/**
 * Decides how to restart a program. It is always restarted, however often it ends, since its developer is about to fix
 * it. Crashes in a row are reported as a loop, and slow the restarts down. After a kill by hand there is no wait.
 */
export class Restarts {
  readonly #name: string;
  #endsInARow = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** @param listenedMs how long the program had been listening, in milliseconds; 0 if it never did. */
  after(ending: Ending, listenedMs: number): Restart {
    if (listenedMs >= HEALTHY_MS) this.#endsInARow = 0;
    this.#endsInARow++;
    const delayMs = ending.isCrash ? (DELAYS_MS[this.#endsInARow - 1] ?? DELAYS_MS.at(-1) ?? 0) : 0;
    const again = delayMs === 0 ? "starting it again" : `starting it again in ${delayMs / 1_000} s`;
    return { delayMs, says: this.#describe(ending, again) };
  }

  #describe({ how, isCrash, lastError }: Ending, again: string): string {
    const ended = `${this.#name} ${how}`;
    if (this.#endsInARow < LOOP_ENDS) return `${ended}; ${again}`;
    const often = `${this.#endsInARow} times in a row, each time before it had run for ${HEALTHY_MS / 1_000} s`;
    if (!isCrash) return `${ended}, ${often}; ${again}. If nobody did that, the system may be out of memory.`;
    const cause = lastError === undefined ? "" : `\n  last error: ${lastError}`;
    return `${this.#name} is in a crash loop: it ended ${often}. It last ${how}; ${again}, and so on until you fix the cause.${cause}`;
  }
}
