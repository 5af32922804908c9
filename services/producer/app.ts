import { OpenAPIHono } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import { methodNotAllowed } from "hono/method-not-allowed";
import { apiHeaders } from "../../shared/http/headers/api-headers.ts";
import { pageHeaders } from "../../shared/http/headers/page-headers.ts";
import { admitRoles } from "./access/endpoints.ts";
import { identifyCaller } from "./access/identify-caller.ts";
import { accessLog } from "./http/access-log.ts";
import { admitRequests } from "./http/admit-requests.ts";
import { onError, onMethodNotAllowed, onNotFound } from "./http/failures.ts";
import { DOCS_PATH, addDocs } from "./description/docs.ts";
import { describeApi } from "./description/document.ts";
import { addRelay } from "./outbox/relay-endpoint.ts";
import { addTick } from "./outbox/tick-endpoint.ts";
import type { Producer } from "./producer.ts";
import type { ProducerEnv } from "./http/producer-env.ts";
import { ProducerRouter } from "./router.ts";
import { addChangeQueue } from "./queues/change-queue.ts";
import { addListQueueTasks } from "./queues/list-tasks.ts";
import { addReadQueues } from "./queues/read-queues.ts";
import { addGetThroughput } from "./throughput/get-throughput.ts";
import { addCancelTask } from "./tasks/cancel/cancel-task.ts";
import { addCreateTasks } from "./tasks/batch/create-tasks.ts";
import { addCreateTask } from "./tasks/create-task.ts";
import { addDeleteLetter } from "./dead-letters/letter/delete-letter.ts";
import { addGetLetter } from "./dead-letters/letter/get-letter.ts";
import { addListLetters } from "./dead-letters/list-letters.ts";
import { addReplayLetter } from "./dead-letters/replay-letter.ts";
import { addListTaskTypes } from "./tasks/list-task-types.ts";
import { addReplayLetters } from "./dead-letters/replay-letters.ts";
import { addSummarizeLetters } from "./dead-letters/summarize-letters.ts";
import { addRunTask } from "./tasks/run/run-task.ts";
import { addGetTask } from "./tasks/status/get-task.ts";
import { addMe } from "./access/me-endpoint.ts";
import { addListSchedules } from "./schedules/list-schedules.ts";
import { addPauseSchedule } from "./schedules/pause-schedule.ts";
import { addRunSchedule } from "./schedules/run-schedule.ts";
import { addProbes } from "./http/probes.ts";
import { traceRequests } from "./http/trace-requests.ts";

const DOCUMENT_PATH = "/openapi.json";

/** The producer's HTTP API. */
export function createProducerApp(producer: Producer): OpenAPIHono<ProducerEnv> {
  const app = new OpenAPIHono<ProducerEnv>({ router: new ProducerRouter() });
  app.use(accessLog(producer), headers, methodNotAllowed({ app, onMethodNotAllowed }));
  // Probes are always accepted.
  app.use("/v1/*", admitRequests(producer), identifyCaller(producer), traceRequests(producer));
  admitRoles(app);
  app.onError(onError(producer.log));
  app.notFound(onNotFound);

  addCreateTask(app, producer);
  addCreateTasks(app, producer);
  addGetTask(app, producer);
  addCancelTask(app, producer);
  addListTaskTypes(app, producer);
  addRunTask(app, producer);
  addListLetters(app, producer);
  // Before `{id}`, which also matches it.
  addSummarizeLetters(app, producer);
  addGetLetter(app, producer);
  addDeleteLetter(app, producer);
  addReplayLetters(app, producer);
  addReplayLetter(app, producer);
  addReadQueues(app, producer);
  addListQueueTasks(app, producer);
  addChangeQueue(app, producer);
  addListSchedules(app, producer);
  addPauseSchedule(app, producer);
  addRunSchedule(app, producer);
  addGetThroughput(app, producer);
  addRelay(app, producer);
  addTick(app, producer);
  addMe(app);
  addProbes(app, producer);
  addDocument(app, producer);
  addDocs(app);
  return app;
}

/** The page headers for /docs and its files, the API headers for the rest. */
const headers = createMiddleware<ProducerEnv>((context, next) => {
  const isPage = `${context.req.path}/`.startsWith(`${DOCS_PATH}/`);
  return isPage ? pageHeaders(context, next) : apiHeaders(context, next);
});

function addDocument(app: OpenAPIHono<ProducerEnv>, { registry }: Producer): void {
  // Generated on demand: it takes longer than everything else that a new instance does before its first response.
  let document: string | undefined;
  app.get(DOCUMENT_PATH, (context) => {
    document ??= describeApi(app, registry.types);
    return context.body(document, 200, { "content-type": "application/json" });
  });
}
