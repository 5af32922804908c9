import { serve } from "@hono/node-server";
import { Hono } from "hono";

/** What any service in Hono pays that reads JSON and answers it: nothing is stored, and nobody is asked who they are. */
const app = new Hono();
app.post("*", async (context) => {
  const body = await context.req.json();
  return context.json({ isJson: body !== undefined }, 202);
});
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT) });
