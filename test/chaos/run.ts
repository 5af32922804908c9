import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { Idempotency } from "../../shared/contract/task-type.ts";
import { seeded } from "../../packages/emulators/test/contract/firestore/support/seeded.ts";
import { strikeCommits } from "./faults/commit-faults.ts";
import { DeliveryFaults, strikeDeliveries } from "./faults/delivery-faults.ts";
import { type FaultName, SCRIPTED_FAULTS } from "./faults/fault-names.ts";
import { createFaultRun } from "./faults/fault-run.ts";
import { strikeApplication, strikeRelays } from "./faults/relay-faults.ts";
import { strikeEmulators } from "./faults/outages.ts";
import { deployOtherShards } from "./faults/deployments.ts";
import { stopLong, strikeWorkers } from "./faults/worker-faults.ts";
import { type Feeder, startFeeder } from "./load/feeder.ts";
import { openLineLog, readLineLog } from "./line-log.ts";
import { type RunFolder, runFolder } from "./run-folder.ts";
import { type ChaosStack, startStack } from "./stack/stack.ts";
import { planTasks } from "./load/task-plan.ts";
import type { Script } from "./load/task-types.ts";

/** The parameters of a run. */
export interface RunOptions {
  readonly tasks: number;
  readonly kinds: readonly Idempotency[];
  /** Whether all tasks have the same script, and none anything else that is unusual. */
  readonly plain: boolean;
  /** That script. */
  readonly script: Script;
  /** Whether an application commits the tasks of a plain run, and another payload under their keys once they have ended. */
  readonly contested: boolean;
  /** The longest that handlers work before and after their effect. */
  readonly workMs: number;
  readonly hits: number;
  /** For so long no task may end, and no entry wait for its relay, while there are any tasks. In milliseconds. */
  readonly patienceMs: number;
  /** How many of a hundred tasks are cancelled. */
  readonly cancels: number;
  readonly seed: number;
  readonly faults: readonly FaultName[];
  readonly folder: string;
  readonly bug?: string | undefined;
}

/** Tasks come at about the pace of the slowest faults: pauses longer than a lease. */
const MS_PER_HIT = 24_000;
const SHORTEST_FEED_MS = 6_000;
const PROGRESS_EVERY_MS = 3_000;
/** A run that takes longer than this and its tasks' share is cut short, and the checker finds what is missing. */
const RUN_LIMIT_MS = 15 * 60_000;
const LIMIT_MS_PER_TASK = 90;
const LOOK_EVERY_MS = 500;
const RUNAWAY_LIMIT_MS = 30_000;

/** Runs tasks under faults and leaves the histories in the folder. */
export async function runChaos(options: RunOptions, print: (line: string) => void): Promise<void> {
  const folder = runFolder(options.folder);
  fs.mkdirSync(folder.folder, { recursive: true });
  const secret = `canary-${randomBytes(12).toString("hex")}`;
  const startedMs = Date.now();
  fs.writeFileSync(folder.run, JSON.stringify({ ...options, secret, startedMs }));
  const stack = await startStack(folder, options);
  try {
    print(`started in ${Date.now() - startedMs} ms`);
    const run = strikeAndFeed(options, { folder, stack, secret, print });
    run.catch(() => undefined);
    await Promise.race([run, stack.tasks.gone, stack.firestore.gone]);
    const isEmpty = await isOutboxEmpty(stack).catch(() => false);
    await stack.stop();
    const end = { isOutboxEmpty: isEmpty, endedMs: Date.now() };
    fs.writeFileSync(folder.run, JSON.stringify({ ...options, secret, startedMs, ...end }));
  } finally {
    await stack.kill();
  }
}

interface Run {
  readonly folder: RunFolder;
  readonly stack: ChaosStack;
  readonly secret: string;
  readonly print: (line: string) => void;
}

async function strikeAndFeed(options: RunOptions, { folder, stack, secret, print }: Run): Promise<void> {
  const { hits, seed } = options;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), RUN_LIMIT_MS + options.tasks * LIMIT_MS_PER_TASK);
  const wanted = new Set(options.faults);
  const feedMs = wanted.has("stop-long") && !options.plain ? hits * MS_PER_HIT : SHORTEST_FEED_MS;
  const faults = createFaultRun({
    stack,
    feedMs,
    folder,
    hits,
    wanted,
    random: seeded(seed + 2),
    signal: limit.signal,
    log: openLineLog(folder.faults),
  });
  const deliveries = new DeliveryFaults(faults);
  let areOver = false;
  const scripted = SCRIPTED_FAULTS.filter((fault) => wanted.has(fault));
  const plan = planTasks({ ...options, scripted, secret });
  const feeder = startFeeder({
    plan,
    kinds: options.kinds,
    workMs: options.workMs,
    plain: options.plain,
    services: {
      producers: stack.producers,
      application: stack.application.url,
      log: openLineLog(folder.orders),
    },
    gapMs: feedMs / plan.length,
    seed,
    secret,
    faultsAreOver: () => areOver,
    underWay: () => stack.balancer.underWay().length,
  });
  const progress = setInterval(() => print(describe(feeder, stack, faults.counts)), PROGRESS_EVERY_MS);
  try {
    const workersStruck = strikeWorkers(faults);
    const allStruck = Promise.all([
      workersStruck,
      stopLong(faults),
      strikeCommits(faults),
      strikeDeliveries(faults, deliveries),
      strikeRelays(faults),
      strikeApplication(faults),
      deployOtherShards(faults),
      strikeEmulators(faults, { deliveries, workersStruck }),
    ]);
    await Promise.race([allStruck, abortOf(limit.signal)]);
    areOver = true;
    await feeder.done;
    print("all faults have hit; waiting for the last tasks");
    await feeder.hurry();
    await drain(stack, options.patienceMs, limit.signal);
    await deliveries.collect();
    await untilNobodyRuns(folder, stack);
  } finally {
    areOver = true;
    clearTimeout(timer);
    clearInterval(progress);
  }
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function describe(feeder: Feeder, { balancer }: ChaosStack, counts: ReadonlyMap<string, number>): string {
  const hits = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return (
    `${feeder.offered} asked for, ${feeder.accepted} accepted, ${balancer.acknowledged.size} ended, ` +
    `${balancer.underWay().length} under way; ${hits} faults hit`
  );
}

/** Waits until the queues are empty, and the outbox. */
async function drain(stack: ChaosStack, patienceMs: number, signal: AbortSignal): Promise<void> {
  let ended = -1;
  let untilMs = 0;
  while (!signal.aborted) {
    const isOutboxDone = await isOutboxEmpty(stack).catch(() => false);
    // An entry whose relay failed may be put off for minutes.
    if (stack.balancer.acknowledged.size > ended || !isOutboxDone) untilMs = Date.now() + patienceMs;
    else if (Date.now() > untilMs) return;
    ended = stack.balancer.acknowledged.size;
    const body = JSON.stringify({ until: "empty", timeoutMs: 2_000 });
    const answer = await fetch(`${stack.tasks.url}/_emulator/idle`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    await answer.arrayBuffer();
    if (answer.ok && isOutboxDone && (await isOutboxEmpty(stack).catch(() => false))) return;
    await sleep(LOOK_EVERY_MS);
  }
}

const tickSchema = z.object({ outbox: z.object({ relayed: z.number(), oldestEntryAgeMs: z.number() }) });

/** Has the outbox swept. Entries that are relayed by that are tasks again. */
async function isOutboxEmpty({ producers }: ChaosStack): Promise<boolean> {
  const answer = await fetch(`${producers[0]}/v1/tick`, { method: "POST" });
  const { outbox } = tickSchema.parse(await answer.json());
  return outbox.relayed === 0 && outbox.oldestEntryAgeMs === 0;
}

/** Handlers that ignored their signal are still running; what they do late belongs to the run. */
async function untilNobodyRuns(folder: RunFolder, stack: ChaosStack): Promise<void> {
  const untilMs = Date.now() + RUNAWAY_LIMIT_MS;
  while (Date.now() < untilMs) {
    const pids = stack.workers.flatMap(({ target }) => target?.pid ?? []);
    if (pids.every((pid) => isQuiet(path.join(folder.ledger, `${pid}.jsonl`)))) return;
    await sleep(200);
  }
}

/** Whether every handler run that began has ended. */
function isQuiet(file: string): boolean {
  const lines = readLineLog(file).map((line) => JSON.stringify(line));
  const count = (what: string): number => lines.filter((line) => line.includes(`"what":"${what}"`)).length;
  return count("begin") === count("end");
}
