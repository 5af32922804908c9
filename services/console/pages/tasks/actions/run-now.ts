import type { Hono } from "hono";
import type { ConsoleEnv } from "../../../http/console-env.ts";
import { redirectWithNotice } from "../../../http/notice.ts";
import { taskPage } from "../../../parts/task-id.tsx";

/** Adds the action that runs a task now. */
export function addRunNow(app: Hono<ConsoleEnv>): void {
  app.post("/tasks/:id/run", async (context) => {
    const { id } = await context.get("api").run(context.req.param("id"));
    return redirectWithNotice(context, {
      page: taskPage(id),
      did: `Task ${id} is due now, and no longer at its old time.`,
    });
  });
}
