import type { Child } from "hono/jsx";
import { TaskLink, letterPage, queuePage, typePage } from "../../parts/task-id.tsx";
import { Time } from "../../parts/time.tsx";
import type { SeenTask } from "./read-task.ts";

/** What is known of a task besides its attempts. What isn't known is left out. */
export function TaskFacts({ seen }: { readonly seen: SeenTask }) {
  const { task, type, letter } = seen;
  const { attempts, parent, children = [], replayOf } = task;
  return (
    <dl class="facts">
      <Fact name="Type">{task.type === undefined ? undefined : <a href={typePage(task.type)}>{task.type}</a>}</Fact>
      <Fact name="Queue">
        <a href={queuePage(task.queue)}>{task.queue}</a>
      </Fact>
      <Fact name="Caller">{task.caller ?? letter?.caller}</Fact>
      <Fact name="Created">{task.createdAt && <Time at={task.createdAt} />}</Fact>
      <Fact name="Ended">{task.finishedAt && <Time at={task.finishedAt} />}</Fact>
      <Fact name="Attempts">{attempts === undefined ? undefined : describeAttempts(attempts, type?.attempts)}</Fact>
      <Fact name="Last error">
        {task.lastError && (
          <>
            <code>{task.lastError.code}</code> {task.lastError.message}
          </>
        )}
      </Fact>
      <Fact name="Cancel">{task.cancelRequested && "requested"}</Fact>
      <Fact name="Follows">{parent === undefined ? undefined : <TaskLink id={parent} />}</Fact>
      <Fact name="Followed by">{children.length === 0 ? undefined : <TaskLinks ids={children} />}</Fact>
      <Fact name="Replay of">{replayOf === undefined ? undefined : <LetterLink id={replayOf} />}</Fact>
      <Fact name="Dead letter">{task.state === "dead" ? <LetterLink id={task.id} /> : undefined}</Fact>
      <Fact name="Replayed as">
        {letter?.replayedAs === undefined ? undefined : <TaskLink id={letter.replayedAs} />}
      </Fact>
      <Fact name="In Google's console">{googleLinks(seen.task.links)}</Fact>
    </dl>
  );
}

/** A line of the facts; nothing where nothing is known. */
function Fact({ name, children }: { readonly name: string; readonly children?: Child }) {
  if (children === undefined || children === null || children === false) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
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

function LetterLink({ id }: { readonly id: string }) {
  return (
    <span class="id">
      <a href={letterPage(id)} title={id}>
        {id.slice(0, 10)}
      </a>
    </span>
  );
}

const GOOGLE = "https://console.cloud.google.com/";

function googleLinks(links: { readonly console?: string; readonly logs?: string }): Child {
  const known = [
    [links.console, "queue"],
    [links.logs, "logs"],
  ].flatMap(([href, label]) => (href?.startsWith(GOOGLE) ? [<a href={href}>{label}</a>] : []));
  return known.length === 0 ? undefined : known.flatMap((link, at) => (at === 0 ? [link] : [" · ", link]));
}
