import { type ScheduleRunner, fireSchedules } from "../../services/producer/schedules/fire-schedules.ts";
import type { ScheduleStore } from "../../services/producer/schedules/schedule-store.ts";
import type { Schedule } from "../../shared/schedules/schedule.ts";
import { RecordStoreError } from "../../shared/records/record-store-error.ts";
import { createLogger } from "../../shared/runtime/log.ts";

const MINUTE_MS = 60_000;
const TICK_LIMIT_MS = 19_000;

/** A tick that came to its end: when it last read each schedule, and which of them it failed for. */
export interface DoneTick {
  readonly lookedMs: ReadonlyMap<string, number>;
  readonly failed: ReadonlySet<string>;
}

/** What the ticks of a span came to. */
export interface Ticked {
  readonly done: readonly DoneTick[];
  /** When schedules were read at all, by whichever tick. */
  readonly looks: readonly number[];
}

/** How often things go wrong, each from 0 to 1. */
export interface TickFaults {
  readonly lost: number;
  readonly doubled: number;
  readonly delayed: number;
  /** The producer is killed before one of the tick's commits, or after it. */
  readonly killed: number;
  /** A commit fails, whether or not it took effect. */
  readonly failed: number;
  /** Nothing ticks for up to a day. */
  readonly down: number;
}

export const FAULTS: TickFaults = {
  lost: 0.05,
  doubled: 0.05,
  delayed: 0.05,
  killed: 0.01,
  failed: 0.01,
  down: 0.000_2,
};

interface Ticking {
  readonly schedules: ReadonlyMap<string, Schedule>;
  readonly store: ScheduleStore;
  readonly relay: ScheduleRunner["relay"];
  readonly clock: { now(): number; advance(ms: number): Promise<void> | void };
  readonly random: () => number;
  readonly faults: TickFaults;
}

const MAX_LATE_MINUTES = 4;
const MAX_DOWN_MINUTES = 1_440;
const log = createLogger({ service: "producer", level: "silent" });

class Killed extends Error {}

/** Ticks each minute of a span, with whatever goes wrong. The last tick of all is a good one. */
export async function tickThrough(span: { readonly toMs: number }, ticking: Ticking): Promise<Ticked> {
  const { clock, random, faults } = ticking;
  const done: DoneTick[] = [];
  const looks: number[] = [];
  const late = new Map<number, (() => void)[]>();
  const open = new Set<Promise<void>>();
  const start = (fault: Fault): void => {
    const running = tick(fault, ticking, { waitUntil, looks }).then((end) => void (end && done.push(end)));
    open.add(running);
    void running.finally(() => open.delete(running));
  };
  const waitUntil = (atMs: number): Promise<void> =>
    new Promise((resolve) => late.set(atMs, [...(late.get(atMs) ?? []), resolve]));
  const hits = (chance: number): boolean => chance > 0 && random() < chance;
  let downUntilMs = 0;
  for (; clock.now() < span.toMs; await clock.advance(MINUTE_MS)) {
    const nowMs = clock.now();
    if (hits(faults.down)) downUntilMs = nowMs + Math.floor(random() * MAX_DOWN_MINUTES) * MINUTE_MS;
    if (nowMs >= downUntilMs && !hits(faults.lost)) {
      start(
        hits(faults.killed) ? "killed" : hits(faults.failed) ? "failed" : hits(faults.delayed) ? "delayed" : "none",
      );
      if (hits(faults.doubled)) start("none");
    }
    for (const goOn of late.get(nowMs) ?? []) goOn();
    late.delete(nowMs);
    await idle(open, late);
  }
  for (const goOn of [...late.values()].flat()) goOn();
  await Promise.all(open);
  start("none");
  await Promise.all(open);
  return { done, looks };
}

type Fault = "none" | "delayed" | "killed" | "failed";

/** Waits until all ticks are over but those that are held back. */
async function idle(open: ReadonlySet<Promise<void>>, late: ReadonlyMap<number, readonly unknown[]>): Promise<void> {
  const held = (): number => [...late.values()].reduce((sum, { length }) => sum + length, 0);
  while (open.size > held()) await Promise.race([...open, new Promise((resolve) => setImmediate(resolve))]);
}

/** One tick, by the code that the producer runs. Undefined if it didn't come to its end. */
async function tick(
  fault: Fault,
  { schedules, store, relay, clock, random }: Ticking,
  on: { readonly waitUntil: (atMs: number) => Promise<void>; readonly looks: number[] },
): Promise<DoneTick | undefined> {
  const failed = new Set<string>();
  const lookedMs = new Map<string, number>();
  // It reads all at first, and again those that others have changed.
  let changed = new Set(schedules.keys());
  let held: Promise<void> | undefined;
  let isDead = false;
  // The last of these means that the schedules can't even be read.
  let commits = Math.floor(random() * 4);
  const faulty: ScheduleStore = {
    list: async (untilMs) => {
      if (fault === "failed" && commits === 3) throw new RecordStoreError("The database is gone.", undefined);
      const read = await store.list(untilMs);
      for (const name of changed) lookedMs.set(name, read.nowMs);
      changed = new Set();
      on.looks.push(read.nowMs);
      return read;
    },
    commit: async (change, about, untilMs) => {
      if (fault === "delayed") {
        held ??= on.waitUntil(clock.now() + (1 + Math.floor(random() * MAX_LATE_MINUTES)) * MINUTE_MS);
        await held;
      }
      if (isDead) throw new Killed();
      const isHit = (fault === "killed" || fault === "failed") && commits-- === 0;
      if (!isHit) {
        const written = await store.commit(change, about, untilMs);
        if (!written) changed.add(about.name);
        return written;
      }
      isDead = fault === "killed";
      if (random() < 0.5) await store.commit(change, about, untilMs);
      if (isDead) throw new Killed();
      failed.add(about.name);
      throw new RecordStoreError("The database did not respond in time.", undefined);
    },
  };
  const runner = { schedules, store: faulty, off: new Set<string>(), relay, clock: STANDING, log };
  try {
    await fireSchedules(runner, TICK_LIMIT_MS);
    return { lookedMs, failed };
  } catch (error) {
    if (error instanceof Killed || error instanceof RecordStoreError) return undefined;
    throw error;
  }
}

/** A tick that is late by minutes goes on all the same. */
const STANDING: ScheduleRunner["clock"] = { now: () => 0, monotonic: () => 0, setTimer: () => ({ cancel() {} }) };
