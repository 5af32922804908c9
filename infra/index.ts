import { registry } from "../shared/tasks/index.ts";
import { provision } from "./stack.ts";

/** The Pulumi program: provisions the stack for the registered task types and queues. */
export const {
  producerUrl,
  workerUrl,
  workerAddress,
  consoleUrl,
  queueNames,
  database,
  databaseLocation,
  invoker,
  images,
} = await provision(registry);
