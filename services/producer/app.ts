import { OpenAPIHono } from "@hono/zod-openapi";
import { methodNotAllowed } from "hono/method-not-allowed";
import { apiHeaders } from "../../shared/http/secure-headers.ts";
import { accessLog } from "./http/access-log.ts";
import { admitRequests } from "./http/admit-requests.ts";
import { onError, onMethodNotAllowed, onNotFound } from "./http/failures.ts";
import { DOCUMENT_FRAME, newTaskComponents } from "./http/openapi.ts";
import type { Producer } from "./producer.ts";
import type { ProducerEnv } from "./http/producer-env.ts";
import { addCreateTask } from "./tasks/create-task.ts";
import { addGetTask } from "./tasks/get-task.ts";
import { addProbes } from "./http/probes.ts";
import { traceRequests } from "./http/trace-requests.ts";

const DOCUMENT_PATH = "/openapi.json";

/** The producer's HTTP API. */
export function createProducerApp(producer: Producer): OpenAPIHono<ProducerEnv> {
  const app = new OpenAPIHono<ProducerEnv>();
  app.use(accessLog(producer), apiHeaders, methodNotAllowed({ app, onMethodNotAllowed }));
  // Probes always pass.
  app.use("/v1/*", admitRequests(producer), traceRequests(producer));
  app.onError(onError(producer.log));
  app.notFound(onNotFound);

  addCreateTask(app, producer);
  addGetTask(app, producer);
  addProbes(app, producer);
  addDocument(app, producer);
  return app;
}

function addDocument(app: OpenAPIHono<ProducerEnv>, { registry }: Producer): void {
  for (const [name, schema] of Object.entries(newTaskComponents(registry.types))) {
    app.openAPIRegistry.registerComponent("schemas", name, schema);
  }
  const document = JSON.stringify(app.getOpenAPI31Document(DOCUMENT_FRAME));
  app.get(DOCUMENT_PATH, (context) => context.body(document, 200, { "content-type": "application/json" }));
}
