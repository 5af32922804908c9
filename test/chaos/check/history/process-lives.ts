import * as z from "zod";
import { readLineLog } from "../../line-log.ts";
import type { RunFolder } from "../../run-folder.ts";

/** When a process of the run listened, ended and was paused; times by the machine's clock. */
export interface ProcessLife {
  readonly name: string;
  readonly pid: number;
  /** How far its clock is ahead, in milliseconds; negative if it is behind. Default: 0. */
  clockOffsetMs?: number;
  listenedAt?: number;
  endedAt?: number;
  /** Whether a signal ended it: a kill, or running out of memory. */
  wasKilled?: boolean;
  readonly pauses: { readonly from: number; until?: number }[];
}

const lineSchema = z.object({
  what: z.enum(["listens", "ended", "stopped", "goes on"]),
  name: z.string(),
  pid: z.number(),
  at: z.number(),
  signal: z.string().nullish(),
  clockOffsetMs: z.number().default(0),
});

/** Reads the run's process log, in order. */
export function readLives(folder: Pick<RunFolder, "processes">): ProcessLife[] {
  const lives: ProcessLife[] = [];
  for (const line of readLineLog(folder.processes)) {
    const { what, name, pid, at, signal, clockOffsetMs } = lineSchema.parse(line);
    const known = lives.findLast((life) => life.pid === pid && life.name === name);
    const life = known ?? { name, pid, pauses: [] };
    if (!known) lives.push(life);
    switch (what) {
      case "listens":
        life.listenedAt = at;
        life.clockOffsetMs = clockOffsetMs;
        break;
      case "ended":
        life.endedAt = at;
        life.wasKilled = typeof signal === "string";
        break;
      case "stopped":
        life.pauses.push({ from: at });
        break;
      case "goes on":
        Object.assign(life.pauses.at(-1) ?? {}, { until: at });
        break;
    }
  }
  return lives;
}

/** A stretch of time, in milliseconds since the epoch. */
export interface Period {
  readonly from: number;
  readonly until: number;
}

interface Lives {
  readonly lives: readonly ProcessLife[];
}

/** Whether a process ended during this time, for any reason. */
export function endsWithin({ lives }: Lives, pid: number, { from, until }: Period): boolean {
  return lives.some((life) => life.pid === pid && isWithin(life.endedAt, { from, until }));
}

/** Whether a process was killed during this time; one that ends by itself must have settled what it ran. */
export function isKilledWithin({ lives }: Lives, pid: number, { from, until }: Period): boolean {
  return lives.some((life) => life.pid === pid && life.wasKilled === true && isWithin(life.endedAt, { from, until }));
}

function isWithin(at: number | undefined, { from, until }: Period): boolean {
  return at !== undefined && at >= from && at <= until;
}

/** When a process was paused; a pause with no recorded end is still going on. */
export function pausesOf({ lives }: Lives, pid: number): Period[] {
  return lives
    .filter((life) => life.pid === pid)
    .flatMap(({ pauses }) => pauses.map(({ from, until = Infinity }) => ({ from, until })));
}

/** How far a process's clock was ahead, in milliseconds. */
export function clockOffsetOf({ lives }: Lives, pid: number): number {
  return lives.find((life) => life.pid === pid)?.clockOffsetMs ?? 0;
}

/** Connections take a while to come back after the process behind them does. */
const RECONNECT_MS = 5_000;

/** Whether a program that restarts when it ends was unreachable at some point. */
export function isAwayWithin({ lives }: Lives, name: string, { from, until }: Period): boolean {
  const named = lives.filter((life) => life.name === name);
  return named.some(({ endedAt = Infinity }, index) => {
    const backAt = (named[index + 1]?.listenedAt ?? Infinity) + RECONNECT_MS;
    return endedAt <= until && backAt >= from;
  });
}
