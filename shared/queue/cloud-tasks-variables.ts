import * as z from "zod";
import type { DeployedQueues } from "../contract/queues.ts";
import { hostAndPortVariable } from "../runtime/config.ts";
import type { CloudTasksSettings } from "./cloud-tasks-queue.ts";

/** The variables of every program that puts tasks into queues. */
export const cloudTasksVariables = {
  GOOGLE_CLOUD_LOCATION: z.string().min(1),
  WORKER_URL: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }),
  WORKER_AUDIENCE: z.string().min(1),
  INVOKER_SERVICE_ACCOUNT: z.email(),
  CLOUD_TASKS_EMULATOR_HOST: hostAndPortVariable.optional(),
};

type Config = z.output<z.ZodObject<typeof cloudTasksVariables>> & {
  readonly GOOGLE_CLOUD_PROJECT: string;
  readonly QUEUES: DeployedQueues;
};

/** The settings of the program's queues, from its configuration. */
export function cloudTasksSettings(config: Config): CloudTasksSettings {
  return {
    project: config.GOOGLE_CLOUD_PROJECT,
    location: config.GOOGLE_CLOUD_LOCATION,
    queues: config.QUEUES,
    workerUrl: config.WORKER_URL.replace(/\/$/, ""),
    workerAudience: config.WORKER_AUDIENCE,
    invokerServiceAccount: config.INVOKER_SERVICE_ACCOUNT,
  };
}
