import type { QueueControl } from "../../../services/producer/queues/queue-control.ts";

const refuse = async (): Promise<never> => {
  throw new Error("Nobody asks this producer how its queues are doing.");
};

/** For producers that only accept tasks. */
export const NO_QUEUE_CONTROL: QueueControl = { status: refuse, change: refuse, list: refuse };
