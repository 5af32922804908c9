import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import { tryLater } from "./failures.ts";
import { problemAnswer } from "./openapi.ts";
import type { Producer } from "../producer.ts";
import type { ProducerEnv } from "./producer-env.ts";
import { READY_WITHIN_MS, createReadiness } from "./readiness.ts";

const ok = {
  description: "Yes.",
  content: { "application/json": { schema: z.object({ status: z.literal("ok") }) } },
};
const readyAnswers: RouteConfig["responses"] = { 200: ok, 503: problemAnswer("No; what fails is listed.") };

const live = createRoute({ method: "get", path: "/live", summary: "Is the process up?", responses: { 200: ok } });
const ready = createRoute({
  method: "get",
  path: "/ready",
  summary: "Do the queues and the records answer?",
  responses: readyAnswers,
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
    detail: "Something that this service depends on does not work.",
    problems: failing.map((name) => ({
      path: name,
      message: `did not answer as it should within ${READY_WITHIN_MS} ms`,
    })),
  });
}
