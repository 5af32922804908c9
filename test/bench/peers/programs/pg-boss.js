import { PgBoss } from "pg-boss";
import { serveFront, tellHandled } from "./queue-front.js";

/** pg-boss as one of two processes, by ROLE: a producer with an HTTP API, or a worker. */
const QUEUE = "bench";
const boss = new PgBoss({ connectionString: process.env.DATABASE_URL, useListenNotify: true });
boss.on("error", (error) => process.stderr.write(`${error.stack}\n`));
await boss.start();
if (process.env.ROLE === "producer") {
  await boss.createQueue(QUEUE, { notify: true });
  serveFront((payload) => boss.send(QUEUE, payload));
} else {
  const options = { localConcurrency: 4, batchSize: 25, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 };
  await boss.work(QUEUE, options, async (jobs) => {
    for (const { data } of jobs) tellHandled(data);
  });
  process.stdout.write("working\n");
}
