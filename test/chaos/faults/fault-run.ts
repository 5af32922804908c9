import { setTimeout as sleep } from "node:timers/promises";
import { shuffled } from "../../harness/runtime/shuffled.ts";
import type { LineLog } from "../line-log.ts";
import type { RunFolder } from "../run-folder.ts";
import type { ChaosStack } from "../stack/stack.ts";
import type { ProgramSlot } from "../stack/program-slot.ts";
import type { FaultName } from "./fault-names.ts";

/** What every kind of fault needs. */
export interface FaultRun {
  readonly stack: ChaosStack;
  readonly folder: RunFolder;
  /** How often each fault must hit. */
  readonly hits: number;
  readonly random: () => number;
  /** How long tasks are requested for, in milliseconds; the faults are spread over that time. */
  readonly feedMs: number;
  /** How much of that time has passed, from 0 to 1. */
  passed(): number;
  /** The faults of this run. */
  readonly wanted: ReadonlySet<FaultName>;
  /** Slots whose worker is paused; other faults leave them alone. */
  readonly held: Set<number>;
  /** Aborted when the run takes too long. */
  readonly signal: AbortSignal;
  /** Records a fault that has hit, and the tasks that it affected. */
  hit(fault: FaultName, affected: readonly string[], at?: number): void;
}

/** A run's faults, counted as they hit. */
export function createFaultRun(
  options: Omit<FaultRun, "hit" | "held" | "passed"> & { readonly log: LineLog },
): FaultRun & { readonly counts: ReadonlyMap<string, number> } {
  const { log, ...rest } = options;
  const counts = new Map<string, number>();
  const startedMs = Date.now();
  return {
    ...rest,
    passed: () => Math.min(1, (Date.now() - startedMs) / rest.feedMs),
    held: new Set(),
    counts,
    hit(fault, affected, at = Date.now()) {
      counts.set(fault, (counts.get(fault) ?? 0) + 1);
      log.write({ fault, at, affected });
    },
  };
}

/** Each wanted fault as many times as it must hit, in an order determined by the seed. */
export function inRandomOrder<Name extends FaultName>(names: readonly Name[], run: FaultRun): Name[] {
  const wanted = names.filter((name) => run.wanted.has(name));
  return shuffled(Array.from({ length: run.hits }, () => wanted).flat(), run.random);
}

const LOOK_EVERY_MS = 5;

/** Waits until a condition holds; false if that takes longer than `limitMs`, or the run is over. */
export async function until(condition: () => boolean, limitMs: number, signal: AbortSignal): Promise<boolean> {
  const untilMs = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > untilMs || signal.aborted) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

const WORK_LIMIT_MS = 60_000;
/** About as long as a delivery takes, so that faults find it at every stage. */
const INTO_THE_WORK_MS = [0, 400] as const;

/** A worker that is busy, with its tasks; undefined if none becomes busy. */
export async function findWorkerAtWork(run: FaultRun): Promise<{ slot: ProgramSlot; tasks: string[] } | undefined> {
  const { stack, held, random, signal } = run;
  const isAtWork = ({ slot, target }: ProgramSlot): boolean =>
    target !== undefined && !held.has(slot) && stack.balancer.underWayAt(slot).length > 0;
  const untilMs = Date.now() + WORK_LIMIT_MS;
  while (Date.now() < untilMs && !signal.aborted) {
    await until(() => stack.workers.some(isAtWork), WORK_LIMIT_MS, signal);
    await randomPause(run, INTO_THE_WORK_MS);
    const slot = shuffled(stack.workers, random).find(isAtWork);
    if (slot) return { slot, tasks: stack.balancer.underWayAt(slot.slot) };
  }
  return undefined;
}

/** A pause whose length the seed determines. */
export async function randomPause(run: FaultRun, [leastMs, mostMs]: readonly [number, number]): Promise<void> {
  await sleep(leastMs + run.random() * (mostMs - leastMs));
}
