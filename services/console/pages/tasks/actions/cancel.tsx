import type { Hono } from "hono";
import type { Cancelled, Task } from "../../../../../packages/client/src/views/task.ts";
import type { Console } from "../../../console.ts";
import type { ConsoleEnv } from "../../../http/console-env.ts";
import { redirectWithNotice } from "../../../http/notice.ts";
import { respondWithPage } from "../../../layout/page.tsx";
import { ConfirmAction } from "../../../parts/confirm-action.tsx";
import { taskPage } from "../../../parts/task-id.tsx";

/** Adds the page that asks before it cancels a task, and the action. */
export function addCancel(app: Hono<ConsoleEnv>, console: Console): void {
  app.get("/tasks/:id/cancel", async (context) => {
    const task = await context.get("api").get(context.req.param("id"));
    return await respondWithPage(context, console, { title: "Cancel a task" }, <AskCancel task={task} />);
  });
  app.post("/tasks/:id/cancel", async (context) => {
    const id = context.req.param("id");
    const cancelled = await context.get("api").cancel(id);
    return redirectWithNotice(context, { page: taskPage(id), did: describeCancelled(id, cancelled) });
  });
}

function AskCancel({ task }: { readonly task: Task }) {
  const { id, type, state, attempts = 0 } = task;
  const page = taskPage(id);
  return (
    <ConfirmAction title="Cancel this task?" action={`${page}/cancel`} label="Cancel the task" back={page}>
      <p>
        {type ?? "The task"} <span class="id">{id}</span> won't run again, and there will be no dead letter: it can't be
        replayed.
      </p>
      <p>{whatMayHaveRun({ state, attempts })}</p>
    </ConfirmAction>
  );
}

function whatMayHaveRun({ state, attempts }: { readonly state: Task["state"]; readonly attempts: number }): string {
  if (state === "running")
    return "An attempt is running. It runs to its end, and its effects stay. If it succeeds, the task succeeds.";
  if (attempts === 0) return "No attempt has begun so far.";
  const many = attempts === 1 ? "1 attempt has" : `${attempts} attempts have`;
  return `${many} already begun. Their effects stay.`;
}

/** The result of a cancel, as a sentence. */
export function describeCancelled(id: string, cancelled: Cancelled): string {
  if (cancelled.state === "running") {
    return `Task ${id} will be cancelled when the running attempt ends, unless that succeeds.`;
  }
  return cancelled.mayHaveRun
    ? `Task ${id} is cancelled. It may have run before; if so, its effects stay.`
    : `Task ${id} is cancelled. It has never run.`;
}
