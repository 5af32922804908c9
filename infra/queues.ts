import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { QueueSettings } from "../shared/contract/queues.ts";

/** The fraction of the queues' own operation logs to keep. The worker logs every delivery that reaches it. */
const LOGGED_OPERATIONS = 0.01;
/** No limit, in Cloud Tasks' terms: the worker counts attempts in the task's record. */
const UNLIMITED = -1;

/**
 * The registered queues. Pulumi generates their names, since the name of a deleted queue can't be reused for days
 * (https://cloud.google.com/tasks/docs/deleting-appengine-queues-and-tasks).
 */
export class Queues extends pulumi.ComponentResource {
  /** In the registry's order. */
  readonly byKey: ReadonlyMap<string, gcp.cloudtasks.Queue>;

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
    const make = (key: string, settings: QueueSettings): gcp.cloudtasks.Queue =>
      new gcp.cloudtasks.Queue(
        `${prefix}-${key}`,
        { location, ...describe(settings), stackdriverLoggingConfig: { samplingRatio: LOGGED_OPERATIONS } },
        { parent: this, protect },
      );
    this.byKey = new Map([...args.queues].map(([key, settings]) => [key, make(key, settings)]));
    this.registerOutputs();
  }

  /** The queues' names in Cloud Tasks. */
  get names(): Readonly<Record<string, pulumi.Output<string>>> {
    return Object.fromEntries([...this.byKey].map(([key, queue]) => [key, queue.name]));
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
