import { serve } from "@hono/node-server";
import { Hono } from "hono";

/** The HTTP API in front of a job queue: hands over what comes. */
export function serveFront(enqueue) {
  const app = new Hono();
  app.post("/v1/tasks", async (context) => {
    const { payload } = await context.req.json();
    return context.json({ id: await enqueue(payload) }, 202);
  });
  serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT) });
}

/** What all handlers do when they run: tell it, with the time of a clock that all processes share. */
export function tellHandled({ n }) {
  process.stdout.write(`handled ${n} ${process.hrtime.bigint()}\n`);
}
