import type { Hono } from "hono";
import { HandoffError, UnreachableError } from "../../../../packages/client/src/errors.ts";
import type { TaskTypeInfo } from "../../../../packages/client/src/views/service.ts";
import type { Console } from "../../console.ts";
import type { ConsoleContext, ConsoleEnv } from "../../http/console-env.ts";
import { failureOf } from "../../http/failures.tsx";
import { textField } from "../../http/form.ts";
import { redirectWithNotice } from "../../http/notice.ts";
import { respondWithPage } from "../../layout/page.tsx";
import { taskPage } from "../../parts/task-id.tsx";
import { payloadField } from "../../payload/field.ts";
import { INPUTS, emptyDraft, readDraft, sampleDraft } from "./draft.ts";
import { EnqueuePage } from "./enqueue-page.tsx";
import { newTaskOf } from "./new-task-of.ts";
import { ChooseType } from "./choose-type.tsx";
import { type Shown, asFailure, asProblems, asWritten } from "./shown.ts";
import { switchForm } from "./switch-form.ts";

/** A form that enqueues a task of any type. */
export function addEnqueue(app: Hono<ConsoleEnv>, console: Console): void {
  app.get("/enqueue", async (context) => {
    const name = context.req.query("type") ?? "";
    const types = await context.get("reads").taskTypes();
    const type = types.find(({ type }) => type === name);
    if (!type) return await chooseType(context, console, { types, name });
    const field = payloadField(type.payloadSchema);
    const draft = context.req.query("example") === "yes" ? sampleDraft(field, type) : emptyDraft(field);
    return await showForm(context, console, { type, types, shown: asWritten(draft) });
  });

  app.post("/enqueue", async (context) => {
    const name = await textField(context, INPUTS.type);
    const types = await context.get("reads").taskTypes();
    const type = types.find(({ type }) => type === name);
    if (!type) return await chooseType(context, console, { types, name });
    const draft = await readDraft(context);
    const act = await textField(context, INPUTS.act);
    if (act === "as-json" || act === "as-fields") {
      const shown = switchForm(draft, payloadField(type.payloadSchema), act);
      return await showForm(context, console, { type, types, shown });
    }
    const outcome = await enqueue(context, type);
    if ("id" in outcome) {
      return redirectWithNotice(context, {
        page: taskPage(outcome.id),
        did: `Enqueued ${type.type}: task ${outcome.id}.`,
      });
    }
    context.set("refusal", outcome.code);
    return await showForm(context, console, { type, types, shown: outcome });
  });
}

/** Enqueues the draft. If that fails, the form says why and keeps what was typed. */
async function enqueue(context: ConsoleContext, type: TaskTypeInfo): Promise<{ readonly id: string } | Shown> {
  const draft = await readDraft(context);
  const task = newTaskOf(draft, payloadField(type.payloadSchema));
  if (task.kind === "wrong") return asProblems(draft, task.problems);
  try {
    return await context.get("api").enqueue(type.type, task.payload, task.options);
  } catch (error) {
    if (error instanceof HandoffError || error instanceof UnreachableError) {
      return asFailure(draft, { failure: failureOf(error), error });
    }
    throw error;
  }
}

type Types = readonly TaskTypeInfo[];

function showForm(
  context: ConsoleContext,
  console: Console,
  form: { readonly type: TaskTypeInfo; readonly types: Types; readonly shown: Shown },
): Response | Promise<Response> {
  const { type, types, shown } = form;
  const head = { title: `Enqueue ${type.type}`, place: "enqueue", status: shown.status } as const;
  return respondWithPage(context, console, head, <EnqueuePage {...{ type, types, shown }} />);
}

/** The list of types, also shown for an unknown type. */
function chooseType(
  context: ConsoleContext,
  console: Console,
  { types, name }: { readonly types: Types; readonly name: string },
): Response | Promise<Response> {
  const status = name === "" ? 200 : 404;
  const head = { title: "Enqueue", place: "enqueue", status } as const;
  return respondWithPage(context, console, head, <ChooseType types={types} unknown={name} />);
}
