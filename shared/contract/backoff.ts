import { createHash } from "node:crypto";

/** A task type's own schedule for retries, instead of its queue's. Durations are in milliseconds. */
export interface Backoff {
  /** The delay after the first attempt that failed. */
  readonly firstMs: number;
  /** The factor by which each delay is longer than the one before. */
  readonly factor: number;
  readonly maxMs: number;
  /** How far a delay may deviate to either side, as a fraction of it: 0 to 1. Default 0.1. */
  readonly jitter?: number;
}

const DEFAULT_JITTER = 0.1;
/** The longest that a task may be delayed, in milliseconds: ten years. */
export const MAX_DELAY_MS = 3_652 * 24 * 60 * 60_000;
/**
 * How far ahead a task can be put into its queue, in milliseconds. Cloud Tasks schedules at most 720 hours ahead
 * (https://cloud.google.com/tasks/docs/quotas); a task that is due later takes several hops.
 */
export const MAX_HOP_MS = 29 * 24 * 60 * 60_000;
/** The shortest that a task may be delayed, in milliseconds. */
const SHORTEST_DELAY_MS = 1_000;
const HIGHEST_FACTOR = 100;

/**
 * How long to wait before the next attempt, in milliseconds: `min(maxMs, firstMs × factor^(n−1)) × (1 + jitter × (2u −
 * 1))`. u, from 0 to 1, is a hash of the task's id and n: an attempt always gets the same delay, and tasks that fail
 * together get different ones.
 *
 * @param n the number of the failed attempt, from 1.
 */
export function backoffDelayMs(backoff: Backoff, { id, n }: { readonly id: string; readonly n: number }): number {
  const { firstMs, factor, maxMs, jitter = DEFAULT_JITTER } = backoff;
  const plainMs = Math.min(maxMs, firstMs * factor ** (n - 1));
  return Math.round(plainMs * (1 + jitter * (2 * unitHash(`${id}\0${n}`) - 1)));
}

/** Clamps a delay to the allowed range, in milliseconds. NaN becomes the shortest delay. */
export function allowedDelayMs(delayMs: number): number {
  const wholeMs = Math.round(Math.min(delayMs, MAX_DELAY_MS));
  return wholeMs >= SHORTEST_DELAY_MS ? wholeMs : SHORTEST_DELAY_MS;
}

/** What is wrong with a backoff; undefined if nothing. */
export function backoffProblem({ firstMs, factor, maxMs, jitter = DEFAULT_JITTER }: Backoff): string | undefined {
  if (!(Number.isInteger(firstMs) && firstMs >= SHORTEST_DELAY_MS)) {
    return `backoff.firstMs must be a whole number of milliseconds, at least ${SHORTEST_DELAY_MS}.`;
  }
  if (!(Number.isInteger(maxMs) && maxMs >= firstMs && maxMs <= MAX_DELAY_MS)) {
    return `backoff.maxMs must be a whole number of milliseconds from firstMs to ${MAX_DELAY_MS}.`;
  }
  if (!(factor >= 1 && factor <= HIGHEST_FACTOR)) return `backoff.factor must be from 1 to ${HIGHEST_FACTOR}.`;
  if (!(jitter >= 0 && jitter <= 1)) return "backoff.jitter must be from 0 to 1.";
  return undefined;
}

/** Hashes a text to a number from 0 to 1, evenly distributed. */
function unitHash(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0) / 0xff_ff_ff_ff;
}
