import type { Task } from "../../../../packages/client/src/views/task.ts";
import { JsonView } from "../../parts/json/json-view.tsx";
import { taskPage } from "../../parts/task-id.tsx";
import type { TaskPageData } from "./read-task.ts";

/** What a task's handler returned. */
export function Result({ task }: { readonly task: Task }) {
  if (task.state !== "succeeded") return null;
  const { result } = task;
  return (
    <section>
      <h2>Result</h2>
      {result === undefined || result === null ? (
        <p class="quiet">Its handler returned nothing.</p>
      ) : (
        <JsonView id="result" what="result" value={result} whole={`${taskPage(task.id)}/result`} />
      )}
    </section>
  );
}

/** A task's payload, for people who may see it. */
export function Payload({ seen }: { readonly seen: TaskPageData }) {
  const { task, mayReadPayload } = seen;
  return (
    <section>
      <h2>Payload</h2>
      {!mayReadPayload ? (
        <p class="quiet">Only operators see payloads, since they may contain personal data.</p>
      ) : task.payload === undefined ? (
        <p class="quiet">{NO_PAYLOAD[task.state]}</p>
      ) : (
        <JsonView id="payload" what="payload" value={task.payload} whole={`${taskPage(task.id)}/payload`} />
      )}
    </section>
  );
}

const HAS_ENDED = "Payloads aren't kept once their task has ended.";
const NOT_FOUND = "Its payload couldn't be found.";

/** Why there is no payload to show. */
const NO_PAYLOAD: Readonly<Record<Task["state"], string>> = {
  queued: NOT_FOUND,
  scheduled: NOT_FOUND,
  waiting: NOT_FOUND,
  running: "The payload can't be read while an attempt is running.",
  dead: "Its dead letter no longer has the payload.",
  succeeded: HAS_ENDED,
  finished: HAS_ENDED,
  cancelled: HAS_ENDED,
  removed: HAS_ENDED,
};
