import type { DeployedQueues, QueueSettings } from "../../../shared/contract/queues.ts";

/** The queues of our tests, independent of the registered ones. */
export const TEST_QUEUES = {
  critical: {
    maxDispatchesPerSecond: 200,
    maxConcurrentDispatches: 100,
    minBackoffMs: 500,
    maxBackoffMs: 60_000,
    maxDoublings: 7,
    dispatchDeadlineMs: 25_000,
  },
  default: {
    maxDispatchesPerSecond: 100,
    maxConcurrentDispatches: 100,
    minBackoffMs: 1_000,
    maxBackoffMs: 3_600_000,
    maxDoublings: 12,
    dispatchDeadlineMs: 45_000,
  },
  bulk: {
    maxDispatchesPerSecond: 50,
    maxConcurrentDispatches: 20,
    minBackoffMs: 1_000,
    maxBackoffMs: 3_600_000,
    maxDoublings: 12,
    dispatchDeadlineMs: 120_000,
  },
} as const satisfies Readonly<Record<string, QueueSettings>>;

type NameOf = (key: string) => string;

/** The tests' queues, each with its names in Cloud Tasks. */
export function deployTestQueues(first: NameOf, ...others: readonly NameOf[]): DeployedQueues {
  return new Map(
    Object.entries(TEST_QUEUES).map(([key, settings]) => {
      return [key, { settings, names: [first(key), ...others.map((nameOf) => nameOf(key))] }];
    }),
  );
}
