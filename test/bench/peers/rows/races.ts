import { median } from "../../median.ts";
import { type Call, Caller } from "../process/calls.ts";
import type { ServerProcess } from "../process/server-process.ts";

const RACERS = 20;

/**
 * How long it takes until all of 20 deliveries of one new task, sent at once, are answered, in milliseconds: the median of
 * so many races. One of them runs the task; the others are told that it is owned, or done.
 */
export async function raceMs(worker: ServerProcess, makeCall: () => Call, races: number): Promise<number> {
  const caller = new Caller(worker.address, RACERS);
  // Connections are opened before the first race that counts.
  await race(caller, makeCall());
  const figures: number[] = [];
  for (let count = 0; count < races; count++) figures.push(await race(caller, makeCall()));
  caller.close();
  return median(figures);
}

async function race(caller: Caller, call: Call): Promise<number> {
  const fromMs = performance.now();
  const answers = await Promise.all(Array.from({ length: RACERS }, () => caller.send(call)));
  if (!answers.some(({ status }) => status === 200)) throw new Error("Nobody won the race.");
  return Math.max(...answers.map(({ atMs }) => atMs)) - fromMs;
}
