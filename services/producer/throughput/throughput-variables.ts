import * as z from "zod";
import type { DeployedQueues } from "../../../shared/contract/queues.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { createCloudMonitoring } from "./cloud-monitoring.ts";
import { createLocalCounts } from "./local-counts.ts";
import type { Throughput } from "./throughput.ts";

/** The source of the counts of enqueued and finished tasks. Without either variable, there is none. */
export const throughputVariables = {
  /** The name of the log-based metric in Cloud Monitoring that counts deliveries. */
  DELIVERIES_METRIC: z.string().min(1).optional(),
  /** On a laptop: the address of the counts of the program that runs the stack. */
  THROUGHPUT_URL: z.url().optional(),
};

type Config = z.output<z.ZodObject<typeof throughputVariables>> & {
  readonly GOOGLE_CLOUD_PROJECT: string;
  readonly QUEUES: DeployedQueues;
};

/** The configured source of the counts. */
export function throughputOf(config: Config, clock: Clock): Throughput | undefined {
  const { GOOGLE_CLOUD_PROJECT: project, QUEUES: queues, DELIVERIES_METRIC: deliveriesMetric } = config;
  if (config.THROUGHPUT_URL !== undefined) return createLocalCounts({ url: config.THROUGHPUT_URL, clock });
  if (deliveriesMetric === undefined) return undefined;
  const queueNames = [...queues.values()].flatMap(({ names }) => names);
  return createCloudMonitoring({ project, queueNames, deliveriesMetric, clock });
}
