import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { shardKeys, shareOf } from "../shared/contract/queue-shards.ts";
import type { QueueSettings } from "../shared/contract/queues.ts";

/** One of the Cloud Tasks queues that make up a registered queue. */
interface Shard {
  /** The queue's key, followed by a number unless it is the first. */
  readonly key: string;
  readonly queue: gcp.cloudtasks.Queue;
}

/** The fraction of the queues' own operation logs to keep. The worker logs every delivery that reaches it. */
const LOGGED_OPERATIONS = 0.01;
/** No limit, in Cloud Tasks' terms: the worker counts attempts in the task's record. */
const UNLIMITED = -1;

/**
 * The registered queues. Pulumi generates their names, since the name of a deleted queue can't be reused for days
 * (https://cloud.google.com/tasks/docs/deleting-appengine-queues-and-tasks).
 */
export class Queues extends pulumi.ComponentResource {
  /** The shards of each queue, in the registry's order. */
  readonly byKey: ReadonlyMap<string, readonly Shard[]>;

  constructor(
    name: string,
    args: {
      readonly prefix: string;
      readonly region: string;
      readonly protect: boolean;
      readonly queues: ReadonlyMap<string, QueueSettings>;
    },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("handoff:infra:Queues", name, {}, options);
    const { prefix, region: location, protect } = args;
    const make = (key: string, rateLimits: RateLimits, settings: QueueSettings): gcp.cloudtasks.Queue =>
      new gcp.cloudtasks.Queue(
        `${prefix}-${key}`,
        {
          location,
          rateLimits,
          retryConfig: retriesOf(settings),
          stackdriverLoggingConfig: { samplingRatio: LOGGED_OPERATIONS },
        },
        { parent: this, protect },
      );
    this.byKey = new Map(
      [...args.queues].map(([key, settings]) => [
        key,
        shardKeys(key, settings).map((name, shard) => ({
          key: name,
          queue: make(name, shareOf(settings, shard), settings),
        })),
      ]),
    );
    this.registerOutputs();
  }

  /** Every Cloud Tasks queue. */
  get all(): readonly Shard[] {
    return [...this.byKey.values()].flat();
  }

  /** The Cloud Tasks names of each queue's shards, in order. */
  get names(): Readonly<Record<string, readonly pulumi.Output<string>[]>> {
    return Object.fromEntries([...this.byKey].map(([key, shards]) => [key, shards.map(({ queue }) => queue.name)]));
  }
}

type RateLimits = ReturnType<typeof shareOf>;

function retriesOf(queue: QueueSettings): gcp.cloudtasks.QueueArgs["retryConfig"] {
  return {
    maxAttempts: UNLIMITED,
    minBackoff: seconds(queue.minBackoffMs),
    maxBackoff: seconds(queue.maxBackoffMs),
    maxDoublings: queue.maxDoublings,
  };
}

function seconds(ms: number): string {
  return `${ms / 1_000}s`;
}
