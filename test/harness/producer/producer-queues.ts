import { shardKeys } from "../../../shared/contract/queue-shards.ts";
import type { DeployedQueues, QueueSettings } from "../../../shared/contract/queues.ts";
import type { Registry } from "../../../shared/contract/registry.ts";

/** Where the queues are. Their names differ from their keys, as they can in the cloud. */
export const QUEUES_PATH = "projects/handoff-test/locations/europe-west1/queues";

/** The name of the queue with a key. */
export const queueNameOf = (key: string): string => `${key}-2`;
const secondNameOf = (key: string): string => `${key}-3`;

/**
 * A registry's queues, as the producer knows them.
 *
 * @param twice the keys of those with a second name, `{key}-3`.
 */
export function deployQueues({ queues }: Registry, twice: readonly string[] = []): DeployedQueues {
  return new Map(
    [...queues].map(([key, settings]) => [
      key,
      { settings, names: namesOf(key, { settings, isTwice: twice.includes(key) }) },
    ]),
  );
}

function namesOf(
  key: string,
  { settings, isTwice }: { readonly settings: QueueSettings; readonly isTwice: boolean },
): [string, ...string[]] {
  const [, ...others] = shardKeys(key, settings);
  return [queueNameOf(key), ...others.map(queueNameOf), ...(isTwice ? [secondNameOf(key)] : [])];
}
