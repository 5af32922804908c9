import { Hono } from "hono";
import { apiHeaders } from "../../shared/http/headers/api-headers.ts";
import { errorFields } from "../../shared/runtime/error-fields.ts";
import { problemResponse } from "../../shared/http/problem.ts";
import { deliver } from "./deliver.ts";
import { isReady } from "./readiness.ts";
import type { Worker } from "./worker.ts";

/** The worker's HTTP API: the endpoint that Cloud Tasks delivers to, and the health checks for Cloud Run. */
export function createWorkerApp(worker: Worker): Hono {
  const app = new Hono();
  app.use(apiHeaders);
  app.post("/tasks/:type", (context) => deliver(context.req.raw, worker));
  app.get("/live", (context) => context.json({ status: "ok" }));
  app.get("/ready", async (context) => {
    const ready = await isReady(worker);
    return context.json({ status: ready ? "ok" : "unavailable" }, ready ? 200 : 503);
  });
  app.notFound(() => problemResponse({ status: 404, code: "not-found", title: "Nothing is served at this path" }));
  app.onError((error) => {
    worker.log.error(errorFields(error), "a request failed unexpectedly");
    return problemResponse({ status: 500, code: "internal", title: "The request failed unexpectedly" });
  });
  return app;
}
