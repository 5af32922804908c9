import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";
import { textField } from "../../http/form.ts";
import { redirectWithNotice } from "../../http/notice.ts";
import { LIST_LIVE_SECONDS, respondWithPage } from "../../layout/page.tsx";
import { formatCount } from "../../parts/numbers.ts";
import { queuePage } from "../../parts/task-id.tsx";
import { addQueueTasks } from "./queue-tasks.tsx";
import { QueuePage } from "./queue-page.tsx";
import { PURGE_FIELD, PurgePage } from "./purge-page.tsx";

/** A queue, the tasks in it, and the actions on it. */
export function addQueues(app: Hono<ConsoleEnv>, console: Console): void {
  app.get("/queues/:key", async (context) => {
    const key = context.req.param("key");
    const reads = context.get("reads");
    const [queue, types] = await Promise.all([reads.queue(key), reads.taskTypes()]);
    const head = { title: `Queue ${queue.key}`, liveSeconds: LIST_LIVE_SECONDS };
    return await respondWithPage(context, console, head, <QueuePage queue={queue} types={types} />);
  });

  addQueueTasks(app, console);
  addPauseAndResume(app);
  addPurge(app, console);
}

function addPauseAndResume(app: Hono<ConsoleEnv>): void {
  app.post("/queues/:key/pause", async (context) => {
    const { key } = await context.get("api").queues.pause(context.req.param("key"));
    return redirectWithNotice(context, {
      page: queuePage(key),
      did: `Paused ${key}. It accepts tasks, but delivers none.`,
    });
  });

  app.post("/queues/:key/resume", async (context) => {
    const { key } = await context.get("api").queues.resume(context.req.param("key"));
    return redirectWithNotice(context, { page: queuePage(key), did: `Resumed ${key}. It delivers what is due.` });
  });
}

function addPurge(app: Hono<ConsoleEnv>, console: Console): void {
  app.get("/queues/:key/purge", async (context) => {
    const queue = await context.get("reads").queue(context.req.param("key"));
    const head = { title: `Purge ${queue.key}` };
    return await respondWithPage(context, console, head, <PurgePage queue={queue} />);
  });

  app.post("/queues/:key/purge", async (context) => {
    const api = context.get("api");
    // Read directly, not from the cache: the depth shown is what will be lost.
    const queue = await api.queues.get(context.req.param("key"));
    const { key, depth } = queue;
    const typed = await textField(context, PURGE_FIELD);
    if (typed !== key) {
      context.set("refusal", "queue-mismatch");
      const head = { title: `Purge ${key}`, status: 409 } as const;
      return await respondWithPage(context, console, head, <PurgePage queue={queue} typed={typed} />);
    }
    await api.queues.purge(key);
    const tasks = depth === 1 ? "1 task" : `${formatCount(depth)} tasks`;
    const did = `Purged ${key}, which held about ${tasks}. Cloud Tasks may take a minute to remove them all.`;
    return redirectWithNotice(context, { page: queuePage(key), did });
  });
}
