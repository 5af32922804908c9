import { makeWorkerUtils, run } from "graphile-worker";
import { serveFront, tellHandled } from "./queue-front.js";

/** graphile-worker as one of two processes, by ROLE: a producer with an HTTP API, or a worker. */
const connectionString = process.env.DATABASE_URL;
if (process.env.ROLE === "producer") {
  const utils = await makeWorkerUtils({ connectionString });
  await utils.migrate();
  serveFront(async (payload) => (await utils.addJob("bench", payload)).id);
} else {
  await run({
    connectionString,
    concurrency: 32,
    noHandleSignals: true,
    taskList: { bench: async (payload) => tellHandled(payload) },
  });
  process.stdout.write("working\n");
}
