import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";
import { respondWithPage } from "../../layout/page.tsx";
import { respondWithJsonText } from "../../parts/json/json-text.ts";
import { taskPage } from "../../parts/task-id.tsx";

/** A task's whole payload or result, as text. */
export function addPayloadText(app: Hono<ConsoleEnv>, console: Console): void {
  app.get("/tasks/:id/payload", async (context) => {
    const id = context.req.param("id");
    // A person who may not see it gets the producer's refusal.
    const { payload } = await context.get("api").get(id, { includePayload: true });
    if (payload !== undefined) return respondWithJsonText(payload);
    const head = { title: "No payload", status: 404 } as const;
    return await respondWithPage(context, console, head, <Missing id={id} what="payload" />);
  });
  app.get("/tasks/:id/result", async (context) => {
    const id = context.req.param("id");
    const { result } = await context.get("api").get(id);
    if (result !== undefined) return respondWithJsonText(result);
    const head = { title: "No result", status: 404 } as const;
    return await respondWithPage(context, console, head, <Missing id={id} what="result" />);
  });
}

function Missing({ id, what }: { readonly id: string; readonly what: string }) {
  return (
    <section class="failure">
      <h1>{`There is no ${what} to show`}</h1>
      <p>
        <a href={taskPage(id)}>The task's page</a> says why.
      </p>
    </section>
  );
}
