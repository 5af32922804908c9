import type { Child } from "hono/jsx";
import { Fact } from "../../parts/fact.tsx";
import { GoogleLink } from "../../parts/google-link.tsx";
import { LetterLink, TaskLink, queuePage, typePage } from "../../parts/task-id.tsx";
import { Time } from "../../parts/time.tsx";
import type { TaskPageData } from "./read-task.ts";

/** What is known of a task besides its attempts. Unknown values are left out. */
export function TaskFacts({ seen }: { readonly seen: TaskPageData }) {
  const { task, type, letter } = seen;
  const { attempts, parent, children = [], replayOf } = task;
  return (
    <dl class="facts">
      <Fact label="Type">{task.type === undefined ? undefined : <a href={typePage(task.type)}>{task.type}</a>}</Fact>
      <Fact label="Queue">
        <a href={queuePage(task.queue)}>{task.queue}</a>
      </Fact>
      <Fact label="Caller">{task.caller ?? letter?.caller}</Fact>
      <Fact label="Created">{task.createdAt && <Time at={task.createdAt} />}</Fact>
      <Fact label="Ended">{task.finishedAt && <Time at={task.finishedAt} />}</Fact>
      <Fact label="Attempts">{attempts === undefined ? undefined : describeAttempts(attempts, type?.attempts)}</Fact>
      <Fact label="Last error">
        {task.lastError && (
          <>
            <code>{task.lastError.code}</code> {task.lastError.message}
          </>
        )}
      </Fact>
      <Fact label="Cancel">{task.cancelRequested && "requested"}</Fact>
      <Fact label="Follows">{parent === undefined ? undefined : <TaskLink id={parent} />}</Fact>
      <Fact label="Followed by">{children.length === 0 ? undefined : <TaskLinks ids={children} />}</Fact>
      <Fact label="Replay of">{replayOf === undefined ? undefined : <LetterLink id={replayOf} />}</Fact>
      <Fact label="Dead letter">{task.state === "dead" ? <LetterLink id={task.id} /> : undefined}</Fact>
      <Fact label="Replayed as">
        {letter?.replayedAs === undefined ? undefined : <TaskLink id={letter.replayedAs} />}
      </Fact>
      <Fact label="In Google's console">{googleLinks(seen.task.links)}</Fact>
    </dl>
  );
}

function describeAttempts(attempts: number, most: number | undefined): string {
  return most === undefined ? String(attempts) : `${attempts} of at most ${most}`;
}

function TaskLinks({ ids }: { readonly ids: readonly string[] }) {
  return (
    <ul class="plain">
      {ids.map((id) => (
        <li>
          <TaskLink id={id} />
        </li>
      ))}
    </ul>
  );
}

/** Undefined on a laptop, where there are no links. */
function googleLinks({ console, logs }: { readonly console?: string; readonly logs?: string }): Child {
  if (console === undefined && logs === undefined) return undefined;
  return (
    <>
      <GoogleLink href={console}>queue</GoogleLink> <GoogleLink href={logs}>logs</GoogleLink>
    </>
  );
}
