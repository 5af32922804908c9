import type * as z from "zod";
import { MAX_MEMORY_MIB, MIN_MEMORY_MIB } from "../../shared/contract/memory-budget.ts";
import { numberWithin } from "../../shared/runtime/variables/number-within.ts";
import { oneOf } from "./setting-values.ts";

/** The memory that an instance may have, by its vCPUs (https://cloud.google.com/run/docs/configuring/services/cpu). */
const MEMORY_MIB_OF = {
  "1": { from: MIN_MEMORY_MIB, to: 4_096 },
  "2": { from: MIN_MEMORY_MIB, to: 8_192 },
  "4": { from: 2_048, to: 16_384 },
  "6": { from: 4_096, to: 24_576 },
  "8": { from: 4_096, to: MAX_MEMORY_MIB },
} as const;

/** Cloud Run also has fractions of one, but then an instance handles one request at a time. */
const cpus = oneOf("1", "2", "4", "6", "8").default("1");

const memoryMib = numberWithin({ from: MIN_MEMORY_MIB, to: MAX_MEMORY_MIB });

/** The number of instances of each service, the resources of each, and the project's quotas. */
export const capacityFields = {
  producerMinInstances: numberWithin({ from: 0, to: 1_000 }).default(0),
  producerMaxInstances: numberWithin({ from: 1, to: 1_000 }).default(8),
  workerMinInstances: numberWithin({ from: 0, to: 1_000 }).default(0),
  workerMaxInstances: numberWithin({ from: 1, to: 1_000 }).default(10),
  /** Deliveries that one worker instance handles at once. */
  workerConcurrency: numberWithin({ from: 1, to: 1_000 }).default(40),
  /** The vCPUs of one instance. A service is one process of Node, whose JavaScript uses one of them. */
  producerCpus: cpus,
  workerCpus: cpus,
  consoleCpus: cpus,
  /** The memory of one instance, in MiB. How much is allowed depends on its vCPUs. */
  producerMemoryMib: memoryMib.default(MIN_MEMORY_MIB),
  workerMemoryMib: memoryMib.default(2_048),
  consoleMemoryMib: memoryMib.default(MIN_MEMORY_MIB),
  /**
   * How many vCPUs, and how much memory, the project's instances may have in the region in total. Default: a new
   * project's quota. Google raises it on request (https://cloud.google.com/run/quotas#increase).
   */
  regionCpus: numberWithin({ from: 1, to: 100_000 }).default(20),
  regionMemoryGib: numberWithin({ from: 1, to: 1_000_000 }).default(40),
};

type Capacity = { readonly [Name in keyof typeof capacityFields]: z.output<(typeof capacityFields)[Name]> };

const SERVICES = ["producer", "worker", "console"] as const;

/**
 * Settings that Cloud Run refuses, or that have no effect: the path of each, and a sentence.
 *
 * @param given the keys that the configuration sets.
 */
export function capacityProblems(
  settings: Capacity & { readonly console: string },
  given: { has(key: string): boolean },
): readonly { path: [string]; message: string }[] {
  return SERVICES.flatMap((service) => {
    const [cpuKey, memoryKey] = [`${service}Cpus`, `${service}MemoryMib`] as const;
    if (service === "console" && settings.console === "off") {
      const message = "has no effect, since handoff:console is off: leave it out";
      return [cpuKey, memoryKey].filter((key) => given.has(key)).map((key) => ({ path: [key] as [string], message }));
    }
    const { from, to } = MEMORY_MIB_OF[settings[cpuKey]];
    if (settings[memoryKey] >= from && settings[memoryKey] <= to) return [];
    const message = `must be from ${from} to ${to} with handoff:${cpuKey} ${settings[cpuKey]}, since Cloud Run allows no other`;
    return [{ path: [memoryKey] as [string], message }];
  });
}
