import type { RequestProblem } from "../../../../shared/http/problem.ts";
import type { TaskTypeInfo } from "../../../../packages/client/src/views/service.ts";
import { ActionForm, usePermission } from "../../parts/form.tsx";
import { typePage } from "../../parts/task-id.tsx";
import { type Field, payloadField } from "../../payload/field.ts";
import { FieldInputs, LabelledInput, LongInput, OptionalMark } from "../../payload/field-inputs.tsx";
import { placeProblems } from "../../payload/field-problems.ts";
import { enqueuePage } from "./choose-type.tsx";
import { type Draft, INPUTS } from "./draft.ts";
import { PATHS } from "./new-task-of.ts";
import type { Shown } from "./shown.ts";

/** The form for a task of one type. */
export function EnqueuePage(props: {
  readonly type: TaskTypeInfo;
  readonly types: readonly TaskTypeInfo[];
  readonly shown: Shown;
}) {
  const { type, types, shown } = props;
  const { draft, message, problems } = shown;
  const field = payloadField(type.payloadSchema);
  const { others } = placed(draft, field, problems);
  return (
    <>
      <h1>Enqueue {type.type}</h1>
      <TypeChoice types={types} chosen={type.type} />
      {message === undefined ? null : (
        <section class="failure" role="alert">
          <p>{message}</p>
          {others.length === 0 ? null : (
            <ul>
              {others.map(({ path, message }) => (
                <li>
                  {path} {message}
                </li>
              ))}
            </ul>
          )}
        </section>
      )}
      <ActionForm action="/enqueue">
        <input type="hidden" name={INPUTS.type} value={type.type} />
        <input type="hidden" name={INPUTS.as} value={draft.as} />
        <input type="hidden" name={INPUTS.madeUpKey} value={draft.madeUpKey} />
        {/* The button that Enter presses. */}
        <button class="unseen" tabindex={-1} aria-hidden="true" name={INPUTS.act} value="enqueue" />
        <Payload {...{ type, field, draft, problems }} />
        <When draft={draft} problems={problems} />
        <Submit />
      </ActionForm>
    </>
  );
}

/** Changes the type. What was typed belongs to the old type, and is lost. */
function TypeChoice({ types, chosen }: { readonly types: readonly TaskTypeInfo[]; readonly chosen: string }) {
  return (
    <form class="filters" method="get" action="/enqueue">
      <div>
        <label for="type">Type</label>
        <select id="type" name="type">
          {types.map(({ type }) => (
            <option value={type} selected={type === chosen}>
              {type}
            </option>
          ))}
        </select>
      </div>
      <button>Change</button>
      <a href={typePage(chosen)}>About this type</a>
    </form>
  );
}

interface PayloadProps {
  readonly type: TaskTypeInfo;
  readonly field: Field;
  readonly draft: Draft;
  readonly problems: readonly RequestProblem[];
}

function Payload({ type, field, draft, problems }: PayloadProps) {
  const isJson = draft.as === "json";
  const rule = field.schema["description"];
  return (
    <section class="card">
      <h2>Payload</h2>
      {typeof rule === "string" && field.kind === "group" ? <p>{rule}</p> : null}
      {isJson ? (
        <WholePayload draft={draft} problems={problems} />
      ) : (
        <FieldInputs field={field} typed={draft.typed} problems={placeProblems(field, problems)} />
      )}
      <p class="actions">
        {field.kind === "json" && !isJson ? null : (
          <button name={INPUTS.act} value={isJson ? "as-fields" : "as-json"}>
            {isJson ? "Write it field by field" : "Write it as JSON"}
          </button>
        )}
        <a href={enqueuePage(type.type, { example: "yes" })}>Start from an example</a>
      </p>
    </section>
  );
}

/** The problems of a payload that is edited as JSON show their paths. */
function WholePayload({ draft, problems }: Pick<PayloadProps, "draft" | "problems">) {
  return (
    <LabelledInput
      name={INPUTS.json}
      label="The whole payload"
      hint="JSON. Numbers are sent as you write them."
      problems={problems.filter(isOfPayload)}
      path="payload"
      input={(own) => <LongInput own={{ ...own, spellcheck: false }} value={draft.json} size="long" />}
    />
  );
}

const isOfPayload = ({ path }: RequestProblem): boolean => path === "payload" || path.startsWith("payload.");

/** The problems that belong to no input. */
function placed(draft: Draft, field: Field, problems: readonly RequestProblem[]) {
  const ofTask: readonly string[] = Object.values(PATHS);
  const rest = problems.filter(({ path }) => !ofTask.includes(path));
  return draft.as === "json" ? { others: rest.filter((one) => !isOfPayload(one)) } : placeProblems(field, rest);
}

function When({ draft, problems }: Pick<PayloadProps, "draft" | "problems">) {
  const at = (path: string) => ({ path, problems: problems.filter((problem) => problem.path === path) });
  return (
    <section class="card">
      <h2>Time and key</h2>
      <LabelledInput
        name={INPUTS.delaySeconds}
        label={
          <>
            Delay
            <OptionalMark />
          </>
        }
        hint="Seconds until it is due. Without a delay or a time it is due at once."
        {...at(PATHS.delaySeconds)}
        input={(own) => (
          <input type="text" inputmode="decimal" autocomplete="off" value={draft.delaySeconds} {...own} />
        )}
      />
      <LabelledInput
        name={INPUTS.scheduleTime}
        label={
          <>
            Time
            <OptionalMark />
          </>
        }
        hint="Instead of a delay: when it is due, with a zone, such as 2030-01-31T08:00:00Z."
        {...at(PATHS.scheduleTime)}
        input={(own) => <input type="text" autocomplete="off" value={draft.scheduleTime} {...own} />}
      />
      <LabelledInput
        name={INPUTS.key}
        label={
          <>
            Idempotency key
            <OptionalMark />
          </>
        }
        hint="Tasks of yours with the same type and key are one task, however often and late they are sent. Without a key, this form makes one task, however often it is sent."
        {...at(PATHS.key)}
        input={(own) => (
          <input type="text" autocomplete="off" autocapitalize="off" spellcheck={false} value={draft.key} {...own} />
        )}
      />
    </section>
  );
}

function Submit() {
  return usePermission("create tasks") ? (
    <p class="actions">
      <button class="primary" name={INPUTS.act} value="enqueue">
        Enqueue
      </button>
    </p>
  ) : (
    <p class="quiet">Your role may not create tasks.</p>
  );
}
