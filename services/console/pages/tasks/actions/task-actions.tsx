import type { Task } from "../../../../../packages/client/src/views/task.ts";
import { ActionButton, ConfirmLink, usePermission } from "../../../parts/form.tsx";
import { letterPage, taskPage } from "../../../parts/task-id.tsx";

/** The actions on a task. */
export function TaskActions({ task }: { readonly task: Task }) {
  const { state } = task;
  const page = taskPage(task.id);
  const mayRun = usePermission("run tasks");
  if (state === "dead") {
    return (
      <div class="actions">
        <a class="button" href={letterPage(task.id)}>
          Dead letter: see and replay
        </a>
      </div>
    );
  }
  const isInQueue = state === "queued" || state === "scheduled" || state === "waiting";
  if (!isInQueue && state !== "running") return null;
  return (
    <div class="actions">
      {isInQueue ? <ActionButton action={`${page}/run`} label="Run now" needs="run tasks" /> : null}
      {isInQueue && mayRun ? (
        <a class="button" href={`${page}/reschedule`}>
          Reschedule…
        </a>
      ) : null}
      {task.cancelRequested ? null : <ConfirmLink page={`${page}/cancel`} label="Cancel…" needs="cancel tasks" />}
    </div>
  );
}
