import type { Hono } from "hono";
import { HandoffError } from "../../../../packages/client/src/errors.ts";
import { ENDED_STATES } from "../../../../packages/client/src/views/task.ts";
import type { Console } from "../../console.ts";
import type { ConsoleContext, ConsoleEnv } from "../../http/console-env.ts";
import { respondWithPage } from "../../layout/page.tsx";
import { type TaskPageData, readTask } from "./read-task.ts";
import { TaskPage } from "./task-page.tsx";
import { UnknownTask } from "./unknown-task.tsx";

/** How often a task's page refreshes itself until the task has ended, in seconds. */
const LIVE_SECONDS = 2;

/** Adds a task's page. */
export function addShowTask(app: Hono<ConsoleEnv>, console: Console): void {
  app.get("/tasks/:id", async (context) => {
    const id = context.req.param("id");
    const seen = await readOrRefusal(context, id);
    if (seen instanceof HandoffError) {
      const head = { title: "No such task", status: 404 } as const;
      return await respondWithPage(context, console, head, <UnknownTask id={id} refusal={seen} />);
    }
    const { type = "Task", state } = seen.task;
    const liveSeconds = ENDED_STATES.has(state) ? undefined : LIVE_SECONDS;
    const title = `${type} ${id.slice(0, 10)}: ${state}`;
    return await respondWithPage(context, console, { title, liveSeconds }, <TaskPage seen={seen} />);
  });
}

/** @returns the producer's refusal if the task is unknown. */
async function readOrRefusal(context: ConsoleContext, id: string): Promise<TaskPageData | HandoffError> {
  try {
    return await readTask(context, id);
  } catch (error) {
    if (error instanceof HandoffError && error.status === 404) return error;
    throw error;
  }
}
