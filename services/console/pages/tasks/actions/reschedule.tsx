import type { Hono } from "hono";
import { HandoffError } from "../../../../../packages/client/src/errors.ts";
import type { Task } from "../../../../../packages/client/src/views/task.ts";
import type { Console } from "../../../console.ts";
import type { ConsoleContext, ConsoleEnv } from "../../../http/console-env.ts";
import { textField } from "../../../http/form.ts";
import { redirectWithNotice } from "../../../http/notice.ts";
import { respondWithPage } from "../../../layout/page.tsx";
import { describeDistance } from "../../../parts/distance.ts";
import { ActionForm } from "../../../parts/form.tsx";
import { taskPage } from "../../../parts/task-id.tsx";
import { ExactTime, Time } from "../../../parts/time.tsx";
import { DELAY_UNITS, type GivenTime, readNewTime } from "./new-time.ts";

/** An error in the submitted form, shown beside its field. */
interface Wrong {
  readonly field: "at" | "delay";
  readonly problem: string;
}

/** Adds the form for a task's new time, and the action. */
export function addReschedule(app: Hono<ConsoleEnv>, console: Console): void {
  const respond = async (context: ConsoleContext, id: string, form: { given: GivenTime; wrong?: Wrong }) => {
    const task = await context.get("api").get(id);
    const status = form.wrong ? 400 : 200;
    return await respondWithPage(
      context,
      console,
      { title: "Reschedule a task", status },
      <Form task={task} {...form} />,
    );
  };
  app.get("/tasks/:id/reschedule", (context) => respond(context, context.req.param("id"), { given: NOTHING }));
  app.post("/tasks/:id/reschedule", async (context) => {
    const id = context.req.param("id");
    const given = await readGiven(context);
    const nowMs = console.clock.now();
    const read = readNewTime(given, nowMs);
    if (read.kind === "wrong") return await respond(context, id, { given, wrong: read });
    const { scheduleTime } = read;
    const refused = await move(context, { id, scheduleTime });
    if (refused !== undefined) {
      const field = given.at === "" ? "delay" : "at";
      return await respond(context, id, { given, wrong: { field, problem: refused } });
    }
    const distance = describeDistance(Date.parse(scheduleTime) - nowMs);
    return redirectWithNotice(context, {
      page: taskPage(id),
      did: `Task ${id} is due at ${scheduleTime}, ${distance}.`,
    });
  });
}

const NOTHING: GivenTime = { at: "", delay: "", unit: "minutes" };

async function readGiven(context: ConsoleContext): Promise<GivenTime> {
  const [at, delay, unit] = await Promise.all(["at", "delay", "unit"].map((name) => textField(context, name)));
  return { at: at ?? "", delay: delay ?? "", unit: unit ?? "" };
}

/** @returns the producer's message if the time isn't allowed. */
async function move(
  context: ConsoleContext,
  { id, scheduleTime }: { readonly id: string; readonly scheduleTime: string },
): Promise<string | undefined> {
  try {
    await context.get("api").run(id, { scheduleTime });
    return undefined;
  } catch (error) {
    const problems = error instanceof HandoffError && error.status === 400 ? (error.problem?.problems ?? []) : [];
    if (problems.length === 0) throw error;
    return problems.map(({ message }) => `This time ${message}.`).join(" ");
  }
}

function Form(props: { readonly task: Task; readonly given: GivenTime; readonly wrong?: Wrong }) {
  const { task, given, wrong } = props;
  const page = taskPage(task.id);
  const due = task.nextAttempt ?? task.scheduleTime;
  return (
    <section class="ask">
      <h1>Reschedule this task</h1>
      <p>
        {task.type ?? "The task"} <span class="id">{task.id}</span> is {task.state}
        {due === undefined ? (
          "."
        ) : (
          <>
            , and due <Time at={due} /> (<ExactTime at={due} />
            ).
          </>
        )}{" "}
        It won't run at its old time. No attempt is counted.
      </p>
      <ActionForm action={`${page}/reschedule`}>
        <DelayField given={given} wrong={wrong} />
        <TimeField given={given} wrong={wrong} />
        <p class="choices">
          <button class="primary">Reschedule the task</button>
          <a class="button" href={page}>
            Don't
          </a>
        </p>
      </ActionForm>
    </section>
  );
}

interface FieldProps {
  readonly given: GivenTime;
  readonly wrong: Wrong | undefined;
}

function DelayField({ given, wrong }: FieldProps) {
  return (
    <div class="field">
      <label for="delay">In</label>
      <span class="pair">
        <input
          id="delay"
          name="delay"
          value={given.delay}
          inputmode="decimal"
          autocomplete="off"
          {...describedBy("delay", wrong)}
        />
        <select name="unit" aria-label="Unit of the delay">
          {[...DELAY_UNITS.keys()].map((unit) => (
            <option value={unit} selected={unit === given.unit}>
              {unit}
            </option>
          ))}
        </select>
      </span>
      <Problem field="delay" wrong={wrong} />
    </div>
  );
}

function TimeField({ given, wrong }: FieldProps) {
  return (
    <div class="field">
      <label for="at">
        Or at <span class="hint">In UTC, whatever your own time zone is. At most ten years ahead.</span>
      </label>
      <input id="at" name="at" type="datetime-local" step="1" value={given.at} {...describedBy("at", wrong)} />
      <Problem field="at" wrong={wrong} />
    </div>
  );
}

function describedBy(field: Wrong["field"], wrong: Wrong | undefined) {
  return wrong?.field === field ? { "aria-invalid": "true" as const, "aria-describedby": `${field}-wrong` } : {};
}

function Problem({ field, wrong }: { readonly field: Wrong["field"]; readonly wrong: Wrong | undefined }) {
  return wrong?.field === field ? (
    <span class="wrong" id={`${field}-wrong`} role="alert">
      {wrong.problem}
    </span>
  ) : null;
}
