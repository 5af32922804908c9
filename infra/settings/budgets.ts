import * as pulumi from "@pulumi/pulumi";
import { DEFAULT_MAX_PAYLOAD_BYTES, ENVELOPE_OVERHEAD_BYTES } from "../../shared/contract/envelope.ts";
import { memoryProblem } from "../../shared/contract/memory-budget.ts";
import { MAX_SHARDS, shardCount, shareOf } from "../../shared/contract/queue-shards.ts";
import type { QueueSettings } from "../../shared/contract/queues.ts";
import type { Registry } from "../../shared/contract/registry.ts";
import { checkTimeBudgets } from "../../shared/contract/time-budget.ts";
import type { Settings } from "./settings.ts";

/** Timeouts or capacities contradict each other. The message has a sentence for each contradiction. */
export class BudgetError extends pulumi.RunError {
  readonly code = "BROKEN_BUDGET";
}

/** Requests that one instance of the producer handles at once. */
export const PRODUCER_CONCURRENCY = 80;

/** Few people use it. */
export const CONSOLE_MAX_INSTANCES = 2;

/** Queue limits (https://cloud.google.com/tasks/docs/quotas). */
const MAX_DISPATCHES_PER_SECOND = 500;
const MAX_CONCURRENT_DISPATCHES = 5_000;

/**
 * Refuses to provision a stack that can't work: a handler that takes longer than Cloud Tasks waits; queues that send
 * more deliveries at once than the worker's instances accept, so that Cloud Run would answer 429 and slow every queue
 * down; instances with too little memory for what they accept; or more instances than the project may have.
 *
 * @throws BudgetError
 */
export function refuseBrokenBudgets(plan: {
  readonly registry: Pick<Registry, "types" | "queues">;
  readonly settings: Pick<
    Settings,
    "workerMaxInstances" | "workerConcurrency" | "workerMemoryMib" | "producerMemoryMib" | keyof Region
  >;
}): void {
  const problems = [
    ...checkTimeBudgets(plan.registry),
    ...[...plan.registry.queues].flatMap(([key, queue]) => checkLimits(key, queue)),
    ...checkCapacity(plan.registry, plan.settings),
    ...checkMemory(plan.settings),
    ...checkRegion(plan.settings),
  ];
  if (problems.length === 0) return;
  throw new BudgetError(`The budgets don't add up:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
}

/** Each shard has its share of the queue's limits. */
function checkLimits(key: string, queue: QueueSettings): string[] {
  const problems: string[] = [];
  const { maxDispatchesPerSecond, maxConcurrentDispatches } = shareOf(queue, 0);
  const needed = Math.max(
    Math.ceil(queue.maxDispatchesPerSecond / MAX_DISPATCHES_PER_SECOND),
    Math.ceil(queue.maxConcurrentDispatches / MAX_CONCURRENT_DISPATCHES),
  );
  const widen = needed <= MAX_SHARDS ? ` Give it shards: { now: ${needed} }, or more.` : "";
  if (maxDispatchesPerSecond > MAX_DISPATCHES_PER_SECOND) {
    problems.push(
      `Queue ${key}: Cloud Tasks dispatches at most ${MAX_DISPATCHES_PER_SECOND} tasks a second from one queue.${widen}`,
    );
  }
  if (maxConcurrentDispatches > MAX_CONCURRENT_DISPATCHES) {
    problems.push(
      `Queue ${key}: Cloud Tasks allows at most ${MAX_CONCURRENT_DISPATCHES} concurrent dispatches of one queue.${widen}`,
    );
  }
  if (queue.maxConcurrentDispatches < shardCount(queue)) {
    problems.push(
      `Queue ${key}: maxConcurrentDispatches must be at least one for each of its ${shardCount(queue)} shards.`,
    );
  }
  return problems;
}

function checkCapacity(
  { queues }: Pick<Registry, "queues">,
  { workerMaxInstances, workerConcurrency }: Pick<Settings, "workerMaxInstances" | "workerConcurrency">,
): string[] {
  const sent = [...queues.values()].reduce((sum, queue) => sum + queue.maxConcurrentDispatches, 0);
  const taken = workerMaxInstances * workerConcurrency;
  if (sent <= taken) return [];
  return [
    `The queues send up to ${sent} deliveries at once, but the worker accepts only ${taken} ` +
      `(${workerMaxInstances} instances of ${workerConcurrency}): raise handoff:workerMaxInstances.`,
  ];
}

const advice = (setting: string): string =>
  "lower handoff:producerMaxInstances or handoff:workerMaxInstances, or have the quota raised " +
  `(https://cloud.google.com/run/quotas#increase), then set handoff:${setting} to it.`;

type Region = Pick<
  Settings,
  | "producerMaxInstances"
  | "workerMaxInstances"
  | "producerCpus"
  | "workerCpus"
  | "consoleCpus"
  | "producerMemoryMib"
  | "workerMemoryMib"
  | "consoleMemoryMib"
  | "console"
  | "regionCpus"
  | "regionMemoryGib"
>;

/** The instances of each service, and the resources of each instance. */
function instancesOf(settings: Region) {
  const { producerMaxInstances, workerMaxInstances, console: reachedBy } = settings;
  return [
    { service: "producer", count: producerMaxInstances, cpus: settings.producerCpus, mib: settings.producerMemoryMib },
    { service: "worker", count: workerMaxInstances, cpus: settings.workerCpus, mib: settings.workerMemoryMib },
    ...(reachedBy === "off"
      ? []
      : [
          {
            service: "console",
            count: CONSOLE_MAX_INSTANCES,
            cpus: settings.consoleCpus,
            mib: settings.consoleMemoryMib,
          },
        ]),
  ];
}

function checkRegion(settings: Region): string[] {
  const all = instancesOf(settings);
  const cpus = all.reduce((sum, it) => sum + it.count * Number(it.cpus), 0);
  const memoryMib = all.reduce((sum, it) => sum + it.count * it.mib, 0);
  const counts = all.map(({ service, count }, index) => `${count} ${index === 0 ? "instances " : ""}of the ${service}`);
  const instances = `${counts.slice(0, -1).join(", ")} and ${counts.at(-1)}`;
  const problems: string[] = [];
  if (cpus > settings.regionCpus) {
    problems.push(
      `${instances} take ${cpus} vCPUs, and the project may have ${settings.regionCpus} in its region: ${advice("regionCpus")}`,
    );
  }
  if (memoryMib > settings.regionMemoryGib * 1_024) {
    problems.push(
      `${instances} take ${Math.ceil(memoryMib / 1_024)} GiB, and the project may have ${settings.regionMemoryGib} in its ` +
        `region: ${advice("regionMemoryGib")}`,
    );
  }
  return problems;
}

/** Of the producer's request bodies, which may be longer, only the payload is kept. */
function checkMemory({
  workerConcurrency,
  workerMemoryMib,
  producerMemoryMib,
}: Pick<Settings, "workerConcurrency" | "workerMemoryMib" | "producerMemoryMib">): string[] {
  const worker = memoryProblem("worker", {
    memoryMib: workerMemoryMib,
    concurrency: workerConcurrency,
    bodyBytes: DEFAULT_MAX_PAYLOAD_BYTES + ENVELOPE_OVERHEAD_BYTES,
  });
  const producer = memoryProblem("producer", {
    memoryMib: producerMemoryMib,
    concurrency: PRODUCER_CONCURRENCY,
    bodyBytes: DEFAULT_MAX_PAYLOAD_BYTES + ENVELOPE_OVERHEAD_BYTES,
  });
  return [
    ...(worker ? [`${worker} Raise handoff:workerMemoryMib, or lower handoff:workerConcurrency.`] : []),
    ...(producer ? [`${producer} Raise handoff:producerMemoryMib.`] : []),
  ];
}
