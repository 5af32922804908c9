import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { Pool } from "undici";

/** The same producer without Google's client: Cloud Tasks' REST API by undici. */
const { QUEUE, WORKER_URL, WORKER_AUDIENCE, INVOKER_SERVICE_ACCOUNT, CLOUD_TASKS_EMULATOR_HOST, PORT } = process.env;
const pool = new Pool(`http://${CLOUD_TASKS_EMULATOR_HOST}`, { connections: 16 });

const app = new Hono();
app.post("/v1/tasks", async (context) => {
  const { type, payload } = await context.req.json();
  const httpRequest = {
    url: `${WORKER_URL}/tasks/${type}`,
    httpMethod: "POST",
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify(payload)).toString("base64"),
    oidcToken: { serviceAccountEmail: INVOKER_SERVICE_ACCOUNT, audience: WORKER_AUDIENCE },
  };
  const { statusCode, body } = await pool.request({
    method: "POST",
    path: `/v2/${QUEUE}/tasks`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ task: { httpRequest } }),
  });
  const task = await body.json();
  return context.json({ name: task.name }, statusCode === 200 ? 202 : 502);
});
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(PORT) });
