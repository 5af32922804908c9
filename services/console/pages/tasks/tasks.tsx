import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";
import { addCancel } from "./actions/cancel.tsx";
import { addReschedule } from "./actions/reschedule.tsx";
import { addRunNow } from "./actions/run-now.ts";
import { addPayloadText } from "./carried-text.tsx";
import { addShowTask } from "./show-task.tsx";

/** A task and the actions on it. */
export function addTasks(app: Hono<ConsoleEnv>, console: Console): void {
  addShowTask(app, console);
  addPayloadText(app, console);
  addCancel(app, console);
  addRunNow(app);
  addReschedule(app, console);
}
