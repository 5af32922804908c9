import { Queue, Worker } from "bullmq";
import { serveFront, tellHandled } from "./queue-front.js";

/** BullMQ as one of two processes, by ROLE: a producer with an HTTP API, or a worker. */
const QUEUE = "bench";
const connection = { host: "127.0.0.1", port: Number(process.env.REDIS_PORT), maxRetriesPerRequest: null };
if (process.env.ROLE === "producer") {
  const queue = new Queue(QUEUE, { connection });
  serveFront(async (payload) => (await queue.add("bench", payload)).id);
} else {
  const worker = new Worker(QUEUE, async ({ data }) => tellHandled(data), { connection, concurrency: 32 });
  await worker.waitUntilReady();
  process.stdout.write("working\n");
}
