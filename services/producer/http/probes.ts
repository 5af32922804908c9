import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import { tryLater } from "./failures.ts";
import { jsonContent, problemContent } from "./openapi.ts";
import type { Producer } from "../producer.ts";
import type { ProducerEnv } from "./producer-env.ts";
import { CHECK_TIMEOUT_MS, createReadiness } from "./readiness.ts";

const ok = jsonContent("Yes.", z.object({ status: z.literal("ok") }).openapi("Ok", { example: { status: "ok" } }));
const readyResponses: RouteConfig["responses"] = { 200: ok, 503: problemContent("No. The failing ones are listed.") };

const common = { method: "get" as const, tags: ["service"], security: [] };

const live = createRoute({
  ...common,
  path: "/live",
  operationId: "isLive",
  summary: "Is the process up?",
  responses: { 200: ok },
});
const ready = createRoute({
  ...common,
  path: "/ready",
  operationId: "isReady",
  summary: "Can the queues and the records be reached?",
  responses: readyResponses,
});

/** Adds `GET /live` and `GET /ready`. */
export function addProbes(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  const findFailing = createReadiness(producer);
  app.openapi(live, (context) => context.json({ status: "ok" as const }, 200));
  app.openapi(ready, async () => {
    const failing = await findFailing();
    return failing.length === 0 ? Response.json({ status: "ok" }) : notReady(failing);
  });
}

function notReady(failing: readonly string[]): Response {
  return tryLater(503, {
    title: "Not ready",
    code: "not-ready",
    detail: "A service that this one depends on is not working.",
    problems: failing.map((name) => ({
      path: name,
      message: `failed, or did not respond within ${CHECK_TIMEOUT_MS} ms`,
    })),
  });
}
