import type { Hono } from "hono";
import { isIdempotencyKey } from "../../../../packages/client/src/tasks/idempotency-key.ts";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";
import { textField } from "../../http/form.ts";
import { redirectWithNotice } from "../../http/notice.ts";
import { LIST_LIVE_SECONDS, respondWithPage } from "../../layout/page.tsx";
import { taskPage } from "../../parts/task-id.tsx";
import { RUN_KEY_FIELD } from "./run-now.tsx";
import { SchedulesPage } from "./schedules-page.tsx";

const PAGE = "/schedules";

/** Schedules and the actions on them. */
export function addSchedules(app: Hono<ConsoleEnv>, console: Console): void {
  app.get(PAGE, async (context) => {
    const schedules = await context.get("reads").schedules();
    const head = { title: "Schedules", place: "schedules", liveSeconds: LIST_LIVE_SECONDS } as const;
    return await respondWithPage(context, console, head, <SchedulesPage schedules={schedules} />);
  });

  app.post(`${PAGE}/:name/pause`, async (context) => {
    const { name } = await context.get("api").schedules.pause(context.req.param("name"));
    return redirectWithNotice(context, { page: PAGE, did: `Paused ${name}. It makes no tasks until it is resumed.` });
  });

  app.post(`${PAGE}/:name/resume`, async (context) => {
    const { name } = await context.get("api").schedules.resume(context.req.param("name"));
    return redirectWithNotice(context, { page: PAGE, did: `Resumed ${name}. It starts again from now.` });
  });

  app.post(`${PAGE}/:name/run`, async (context) => {
    const name = context.req.param("name");
    const key = await textField(context, RUN_KEY_FIELD);
    const idempotencyKey = isIdempotencyKey(key) ? key : undefined;
    const { id } = await context.get("api").schedules.run(name, { idempotencyKey });
    return redirectWithNotice(context, { page: taskPage(id), did: `Ran ${name}: it made this task, ${id}.` });
  });
}
