import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { QUEUES, QUEUE_KEYS, type QueueKey, type QueueSettings } from "../shared/contract/queues.ts";

/** How much of the queues' own log of operations is kept; the worker's log has every delivery. */
const LOGGED_OPERATIONS = 0.01;
/** Cloud Tasks' word for no limit: the worker counts attempts, in the task's record. */
const UNLIMITED = -1;

/**
 * The queues of shared/queues.ts. Pulumi makes up their names: the name of a deleted queue stays taken for days
 * (https://cloud.google.com/tasks/docs/deleting-appengine-queues-and-tasks).
 */
export class Queues extends pulumi.ComponentResource {
  readonly byKey: Readonly<Record<QueueKey, gcp.cloudtasks.Queue>>;

  constructor(
    name: string,
    { prefix, region, protect }: { prefix: string; region: string; protect: boolean },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("handoff:infra:Queues", name, {}, options);
    const make = (key: QueueKey): gcp.cloudtasks.Queue =>
      new gcp.cloudtasks.Queue(
        `${prefix}-${key}`,
        { location: region, ...describe(QUEUES[key]), stackdriverLoggingConfig: { samplingRatio: LOGGED_OPERATIONS } },
        { parent: this, protect },
      );
    this.byKey = { critical: make("critical"), default: make("default"), bulk: make("bulk") };
    this.registerOutputs();
  }

  /** The queues' names in Cloud Tasks. */
  get names(): Readonly<Record<QueueKey, pulumi.Output<string>>> {
    return { critical: this.byKey.critical.name, default: this.byKey.default.name, bulk: this.byKey.bulk.name };
  }

  /** The queues with their keys, in the catalogue's order. */
  entries(): (readonly [QueueKey, gcp.cloudtasks.Queue])[] {
    return QUEUE_KEYS.map((key) => [key, this.byKey[key]] as const);
  }
}

function describe(queue: QueueSettings): Pick<gcp.cloudtasks.QueueArgs, "rateLimits" | "retryConfig"> {
  return {
    rateLimits: {
      maxDispatchesPerSecond: queue.maxDispatchesPerSecond,
      maxConcurrentDispatches: queue.maxConcurrentDispatches,
    },
    retryConfig: {
      maxAttempts: UNLIMITED,
      minBackoff: seconds(queue.minBackoffMs),
      maxBackoff: seconds(queue.maxBackoffMs),
      maxDoublings: queue.maxDoublings,
    },
  };
}

function seconds(ms: number): string {
  return `${ms / 1_000}s`;
}
