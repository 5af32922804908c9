import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";
import { respondWithPage } from "../../layout/page.tsx";
import { respondWithJsonText } from "../../parts/json/json-text.ts";
import { NoSuchType, SCHEMA_TEXT, TaskTypePage } from "./task-type-page.tsx";
import { TaskTypeTable } from "./task-type-table.tsx";

/** The task types that the producer knows. */
export function addTaskTypes(app: Hono<ConsoleEnv>, console: Console): void {
  app.get("/task-types", async (context) => {
    const reads = context.get("reads");
    const [types, letters] = await Promise.all([reads.taskTypes(), reads.letterSummary()]);
    const head = { title: "Task types", place: "types" } as const;
    return await respondWithPage(context, console, head, <TaskTypeTable types={types} letters={letters} />);
  });

  app.get("/task-types/:type", async (context) => {
    const name = context.req.param("type");
    const reads = context.get("reads");
    const [types, letters] = await Promise.all([reads.taskTypes(), reads.letterSummary()]);
    const type = types.find(({ type }) => type === name);
    if (!type) {
      const head = { title: "No such task type", place: "types", status: 404 } as const;
      return await respondWithPage(context, console, head, <NoSuchType name={name} types={types} />);
    }
    const head = { title: type.type, place: "types" } as const;
    const page = <TaskTypePage type={type} letters={letters} producerUrl={console.producerUrl} />;
    return await respondWithPage(context, console, head, page);
  });

  app.get(`/task-types/:type/${SCHEMA_TEXT}`, async (context) => {
    const types = await context.get("reads").taskTypes();
    const type = types.find(({ type }) => type === context.req.param("type"));
    return type ? respondWithJsonText(type.payloadSchema) : await context.notFound();
  });
}
