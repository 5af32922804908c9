import { CloudTasksClient } from "@google-cloud/tasks";
import { serve } from "@hono/node-server";
import { PassThroughClient } from "google-auth-library";
import { Hono } from "hono";
import grpc from "@grpc/grpc-js";

/** A producer as the documentation of Cloud Tasks writes it: Google's client puts what came into a queue. */
const { QUEUE, WORKER_URL, WORKER_AUDIENCE, INVOKER_SERVICE_ACCOUNT, CLOUD_TASKS_EMULATOR_HOST, PORT } = process.env;
const [apiEndpoint, port] = CLOUD_TASKS_EMULATOR_HOST.split(":");
const client = new CloudTasksClient({
  apiEndpoint,
  port: Number(port),
  sslCreds: grpc.credentials.createInsecure(),
  authClient: new PassThroughClient(),
});

const app = new Hono();
app.post("/v1/tasks", async (context) => {
  const { type, payload } = await context.req.json();
  const httpRequest = {
    url: `${WORKER_URL}/tasks/${type}`,
    httpMethod: "POST",
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify(payload)),
    oidcToken: { serviceAccountEmail: INVOKER_SERVICE_ACCOUNT, audience: WORKER_AUDIENCE },
  };
  const [task] = await client.createTask({ parent: QUEUE, task: { httpRequest } });
  return context.json({ name: task.name }, 202);
});
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(PORT) });
