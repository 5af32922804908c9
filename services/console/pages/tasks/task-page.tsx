import { CopyButton } from "../../parts/task-id.tsx";
import { StateBadge } from "../../parts/state-badge.tsx";
import { Timeline } from "../../parts/attempts/timeline.tsx";
import { usePage } from "../../layout/page-context.ts";
import { Time } from "../../parts/time.tsx";
import type { TaskPageData } from "./read-task.ts";
import { Payload, Result } from "./carried.tsx";
import { TaskActions } from "./actions/task-actions.tsx";
import { TaskFacts } from "./task-facts.tsx";
import { whatNext } from "./what-next.ts";

/** Everything known about a task: what is next, what happened, and its payload and result. */
export function TaskPage({ seen }: { readonly seen: TaskPageData }) {
  const { task } = seen;
  return (
    <>
      <h1>
        {task.type ?? "Task"} <StateBadge state={task.state} />
      </h1>
      <p class="id whole">
        {task.id}
        <CopyButton text={task.id} what="id" />
      </p>
      <NextSentence seen={seen} />
      <TaskActions task={task} />
      <div class="columns">
        <section>
          <h2>Timeline</h2>
          <Timeline told={task} />
        </section>
        <section>
          <h2>Facts</h2>
          <TaskFacts seen={seen} />
        </section>
      </div>
      <Result task={task} />
      <Payload seen={seen} />
    </>
  );
}

function NextSentence({ seen }: { readonly seen: TaskPageData }) {
  const { nowMs } = usePage();
  const { lead, at, why, more } = whatNext(seen.task, { nowMs, type: seen.type, queue: seen.queue });
  return (
    <p class="next">
      {lead}
      {at === undefined ? null : (
        <>
          {" "}
          <Time at={at} />
        </>
      )}
      {why === undefined ? "" : `: ${why}.`} {more.join(" ")}
    </p>
  );
}
