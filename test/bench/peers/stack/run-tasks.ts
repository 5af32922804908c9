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

const MAX_WAIT_MS = 120_000;

/**
 * When the last of so many tasks was handled, by the clock of `process.hrtime`, which all processes share.
 *
 * @throws Error when that takes longer than two minutes.
 */
export function handledAt(worker: QueueSystem["worker"], tasks: number): Promise<bigint> {
  const { promise, resolve, reject } = Promise.withResolvers<bigint>();
  let rest = tasks;
  AbortSignal.timeout(MAX_WAIT_MS).addEventListener("abort", () => {
    reject(new Error(`${rest} of ${tasks} tasks were not handled in ${MAX_WAIT_MS} ms.`));
  });
  worker.onLine((line) => {
    // Anywhere in a line: a log line that was only written in part may come before it.
    for (const [, nanos = "0"] of line.matchAll(/handled \d+ (\d+)/g)) if (--rest === 0) resolve(BigInt(nanos));
  });
  return promise;
}
