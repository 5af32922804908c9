import { setTimeout as sleep } from "node:timers/promises";
import type { ProgramSlot } from "../stack/program-slot.ts";
import { WORKER_FAULTS } from "./fault-names.ts";
import { type FaultRun, findWorkerAtWork, inRandomOrder, randomPause, until } from "./fault-run.ts";

const CLOCK_OFF_MS = 10 * 60_000;
const SHORT_STOP_MS = 3_000;
/** Leases are 20 s. */
const LONG_STOP_MS = 22_500;
const KEYS_DOWN_MS = 2_000;
const HIT_LIMIT_MS = 20_000;
const BETWEEN_MS = [1_000, 2_000] as const;

/**
 * Kills workers, shuts them down and skews their clocks, one after another, each while it is busy. In the end, all clocks
 * are right: a clock that stays ahead puts off whatever fails there by as much.
 */
export async function strikeWorkers(run: FaultRun): Promise<void> {
  await strikeEach(run);
  const misled = run.stack.workers.filter(({ hasWrongClock }) => hasWrongClock);
  await Promise.all(misled.map((slot) => slot.replace("SIGTERM")));
}

async function strikeEach(run: FaultRun): Promise<void> {
  const left = inRandomOrder(WORKER_FAULTS, run);
  let mostTries = 2 * left.length;
  for (let fault = left.shift(); fault !== undefined && mostTries-- > 0; fault = left.shift()) {
    await randomPause(run, BETWEEN_MS);
    const found = await findWorkerAtWork(run);
    if (!found) return;
    const { slot, tasks } = found;
    switch (fault) {
      case "kill":
        run.hit(fault, tasks);
        await slot.replace("SIGKILL");
        break;
      case "term":
        run.hit(fault, tasks);
        await slot.replace("SIGTERM");
        break;
      case "stop-short":
        run.hit(fault, tasks);
        await slot.process?.stopFor(SHORT_STOP_MS);
        break;
      case "clock-ahead":
      case "clock-behind":
        if (!(await misleadClock(run, slot, fault))) left.push(fault);
        break;
      case "keys-down":
        if (!(await takeKeysAway(run, slot))) left.push(fault);
        break;
    }
  }
}

/**
 * Pauses workers for longer than a lease, one at a time. Each must have answered something first: a worker's first
 * tasks wait for connections, so the pause would hit before their claims.
 */
export async function stopLong(run: FaultRun): Promise<void> {
  const { workers, balancer } = run.stack;
  await until(() => workers.every(({ slot }) => balancer.answeredBy(slot) > 0), HIT_LIMIT_MS, run.signal);
  for (const fault of inRandomOrder(["stop-long"], run)) {
    await randomPause(run, BETWEEN_MS);
    const found = await findWorkerAtWork(run);
    if (!found) return;
    run.held.add(found.slot.slot);
    run.hit(fault, found.tasks);
    await found.slot.process?.stopFor(LONG_STOP_MS);
    run.held.delete(found.slot.slot);
  }
}

/**
 * A clock that is minutes slow would refuse every token, so only the clock for records is shifted then. The fault hits
 * when the worker has answered by the wrong clock.
 */
async function misleadClock(run: FaultRun, slot: ProgramSlot, fault: "clock-ahead" | "clock-behind"): Promise<boolean> {
  const isAhead = fault === "clock-ahead";
  await slot.replace("SIGKILL", { offsetMs: isAhead ? CLOCK_OFF_MS : -CLOCK_OFF_MS, tokensToo: isAhead });
  const before = run.stack.balancer.answeredBy(slot.slot);
  const tasks = new Set<string>();
  const answered = (): boolean => {
    for (const task of run.stack.balancer.underWayAt(slot.slot)) tasks.add(task);
    return run.stack.balancer.answeredBy(slot.slot) > before;
  };
  const hits = await until(answered, HIT_LIMIT_MS, run.signal);
  if (hits) run.hit(fault, [...tasks]);
  return hits;
}

/** A worker that starts while there are no keys can accept no delivery. The fault hits when the worker fetches keys. */
async function takeKeysAway(run: FaultRun, slot: ProgramSlot): Promise<boolean> {
  const { keys, balancer } = run.stack;
  const before = keys.refused;
  keys.isDown = true;
  try {
    await slot.replace("SIGKILL");
    const hits = await until(() => keys.refused > before, HIT_LIMIT_MS, run.signal);
    if (hits) run.hit("keys-down", balancer.underWayAt(slot.slot));
    await sleep(KEYS_DOWN_MS);
    return hits;
  } finally {
    keys.isDown = false;
  }
}
