import { serve } from "@hono/node-server";
import { Hono } from "hono";

/** The least that a service in Hono does: it reads a JSON body and responds with JSON. */
const app = new Hono();
app.get("/live", (context) => context.text("ok"));
app.post("/*", async (context) => context.json({ received: await context.req.json() }, 202));
const server = serve({ fetch: app.fetch, port: Number(process.env["PORT"]), hostname: "127.0.0.1" }, ({ port }) =>
  process.stdout.write(`${JSON.stringify({ service: "bare-hono", port, message: "listening" })}\n`),
);
process.once("SIGTERM", () => {
  server.close();
  process.exit(0);
});
