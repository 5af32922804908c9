import { Hono } from "hono";
import { compress } from "hono/compress";
import { etag } from "hono/etag";
import type { Console } from "./console.ts";
import { addAssets } from "./http/serve-assets.ts";
import { accessLog } from "./http/access-log.ts";
import type { ConsoleEnv } from "./http/console-env.ts";
import { onError, onNotFound } from "./http/failures.tsx";
import { checkForms } from "./http/form-token.ts";
import { forgetAfterActions, identifyPerson } from "./http/identify-person.ts";
import { consumeNotice } from "./http/notice.ts";
import { limitForms } from "./http/limit-forms.ts";
import { pageHeaders } from "./http/page-headers.ts";
import { refuseForeign } from "./http/refuse-foreign.ts";
import { addQueues } from "./pages/queues/queues.tsx";
import { addTasks } from "./pages/tasks/tasks.tsx";
import { addDeadLetters } from "./pages/dead-letters/dead-letters.tsx";
import { addSchedules } from "./pages/schedules/schedules.tsx";
import { addTaskTypes } from "./pages/task-types/task-types.tsx";
import { addEnqueue } from "./pages/enqueue/enqueue.tsx";
import { addSearch } from "./pages/search/search.tsx";
import { addOverview } from "./pages/overview/overview.tsx";

/** The console: pages for people, built on the producer's API. */
export function createConsoleApp(console: Console): Hono<ConsoleEnv> {
  const app = new Hono<ConsoleEnv>();
  app.onError(onError(console));
  app.use(accessLog(console), compress(), pageHeaders(console), refuseForeign(console.allowedHosts), limitForms);
  app.get("/live", (context) => context.json({ status: "ok" }));
  addAssets(app, console);
  app.use(etag(), identifyPerson(console), consumeNotice(console), checkForms(console), forgetAfterActions);
  app.notFound(onNotFound(console));

  addOverview(app, console);
  addQueues(app, console);
  addTasks(app, console);
  addDeadLetters(app, console);
  addSchedules(app, console);
  addTaskTypes(app, console);
  addEnqueue(app, console);
  addSearch(app, console);
  return app;
}
