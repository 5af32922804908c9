import { setTimeout } from "node:timers/promises";
import { Caller } from "../process/calls.ts";
import type { QueueSystem } from "./queue-system.ts";

const CLIENTS = 32;
const SETTLING_MS = 250;

/**
 * Hands over tasks as fast as they are taken, and returns the seconds until the last of them was handled, a moment later.
 */
export async function runTasks({ front, worker, call }: QueueSystem, tasks: number): Promise<number> {
  const caller = new Caller(front.address, CLIENTS);
  const handled = handledAt(worker, tasks);
  const fromNanos = process.hrtime.bigint();
  await caller.sendAll(Array.from({ length: tasks }, (_, n) => call(n)));
  const untilNanos = await handled;
  caller.close();
  // What follows the last handler, such as its record, belongs to the tasks too.
  await setTimeout(SETTLING_MS);
  return Number(untilNanos - fromNanos) / 1e9;
}

/** When the last of so many tasks was handled, by the clock of `process.hrtime`, which all processes share. */
export function handledAt(worker: QueueSystem["worker"], tasks: number): Promise<bigint> {
  return new Promise((resolve) => {
    let rest = tasks;
    worker.onLine((line) => {
      const nanos = /^handled \d+ (\d+)$/.exec(line)?.[1];
      if (nanos !== undefined && --rest === 0) resolve(BigInt(nanos));
    });
  });
}
