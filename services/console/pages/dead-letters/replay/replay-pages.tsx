import type { Hono } from "hono";
import type { Console } from "../../../console.ts";
import { readPayload } from "../../../../../packages/client/src/tasks/read-payload.ts";
import { HandoffError } from "../../../../../packages/client/src/errors.ts";
import type { ConsoleContext, ConsoleEnv } from "../../../http/console-env.ts";
import { failureOf } from "../../../http/failures.tsx";
import { textField, textFields } from "../../../http/form.ts";
import { redirectWithNotice } from "../../../http/notice.ts";
import { respondWithPage } from "../../../layout/page.tsx";
import { jsonProblem } from "../../../payload/read-fields.ts";
import { letterPage, taskPage } from "../../../parts/task-id.tsx";
import { letterIdIn, readWholeLetter } from "../letter/read-whole-letter.ts";
import { LETTERS_PATH } from "../letter-filter.ts";
import { FIELDS, type ReplayDraft, type Refusal, ReplayForm } from "./replay-form.tsx";

/** Says what replaying a letter will do, and does it with its own payload or another one. */
export function addReplayPages(app: Hono<ConsoleEnv>, console: Console): void {
  app.get(`${LETTERS_PATH}/:id/replay`, (context) => respondWithForm(context, console, { draft: undefined }));
  app.post(`${LETTERS_PATH}/:id/replay`, async (context) => {
    const draft = await readDraft(context);
    const payload = draft.text === undefined ? undefined : readPayload(draft.text);
    if (payload?.kind === "refused") {
      const problem = jsonProblem(draft.text ?? "");
      const problems = problem === undefined ? payload.problems : [{ path: "payload", message: problem }];
      const refusal = { detail: "This payload can't be sent.", problems };
      return await respondWithForm(context, console, { draft, refusal, status: 400 });
    }
    return await replay({ ...draft, payload: payload?.payload }, context, console);
  });
}

/** Refusals caused by the letter or by the form's input: another payload may help, if anything does. */
const SHOWN_ON_FORM: ReadonlySet<number> = new Set([400, 409, 413, 422]);

async function replay(
  { payload, ...draft }: ReplayDraft & { readonly payload: unknown },
  context: ConsoleContext,
  console: Console,
): Promise<Response> {
  const id = letterIdIn(context);
  const { again, key: idempotencyKey } = draft;
  try {
    const options = { again, payload, ...(again ? { idempotencyKey } : {}) };
    const replayed = await context.get("api").deadLetters.replay(id, options);
    if (replayed.replayedBefore) {
      const did = `The dead letter ${id} has been replayed already, as ${replayed.id}. There is no other task.`;
      return redirectWithNotice(context, { page: letterPage(id), did });
    }
    const did = `Replayed the dead letter ${id} as this task, ${replayed.id}.`;
    return redirectWithNotice(context, { page: taskPage(replayed.id), did });
  } catch (error) {
    if (!(error instanceof HandoffError && SHOWN_ON_FORM.has(error.status))) throw error;
    context.set("refusal", error.code);
    const { status, detail } = failureOf(error);
    const refusal = { detail, problems: error.problem?.problems ?? [], code: error.code };
    return await respondWithForm(context, console, { draft, refusal, status });
  }
}

async function readDraft(context: ConsoleContext): Promise<ReplayDraft> {
  const isEdited = (await textField(context, FIELDS.with)) === "edited";
  const [text = ""] = await textFields(context, FIELDS.payload);
  return {
    text: isEdited ? text : undefined,
    again: (await textField(context, FIELDS.again)) === "true",
    key: keyIn(await textField(context, FIELDS.key)),
  };
}

/** The key that makes all submissions of a form the same replay. */
function keyIn(text: string): string {
  return /^[0-9a-f-]{36}$/.test(text) ? text : crypto.randomUUID();
}

async function respondWithForm(
  context: ConsoleContext,
  console: Console,
  on: {
    /** The submitted values; undefined the first time. */
    readonly draft: ReplayDraft | undefined;
    readonly refusal?: Refusal;
    readonly status?: ReturnType<typeof failureOf>["status"];
  },
): Promise<Response> {
  const whole = await readWholeLetter(context);
  const { draft = { text: undefined, again: whole.letter.status === "replayed", key: crypto.randomUUID() } } = on;
  const head = { title: "Replay this dead letter?", place: "letters", status: on.status } as const;
  return await respondWithPage(context, console, head, <ReplayForm {...whole} draft={draft} refusal={on.refusal} />);
}
