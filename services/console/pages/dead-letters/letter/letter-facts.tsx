import { describeDuration } from "../../../parts/distance.ts";
import { Fact } from "../../../parts/fact.tsx";
import { CopyButton, TaskLink, letterPage, queuePage } from "../../../parts/task-id.tsx";
import { ExactTime, Time } from "../../../parts/time.tsx";
import type { WholeLetter } from "./read-whole-letter.ts";

/** When the task died, whose it was, and what happened since. */
export function LetterFacts({ letter, type }: WholeLetter) {
  const { id, taskId, queue, attempts, enqueuedAt, diedAt, expiresAt, caller, replayOf } = letter;
  return (
    <section class="card">
      <dl class="facts">
        <Fact label="Task">
          <TaskLink id={taskId} />
        </Fact>
        {id === taskId ? null : (
          <Fact label="Letter">
            <span class="id">
              {id}
              <CopyButton text={id} what="id" />
            </span>
          </Fact>
        )}
        <Fact label="Queue">
          <a href={queuePage(queue)}>{queue}</a>
        </Fact>
        <Fact label="Attempts">{attempts}</Fact>
        <Fact label="Its type now">
          {type === undefined ? (
            <span class="warn">The producer doesn't know the type any more. A replay will be refused.</span>
          ) : (
            `${type.attempts} attempts at most, each up to ${describeDuration(type.timeoutMs)}, in queue ${type.queue}`
          )}
        </Fact>
        <Fact label="Enqueued">
          <Time at={enqueuedAt} /> <ExactTime at={enqueuedAt} />
        </Fact>
        <Fact label="Died">
          <Time at={diedAt} /> <ExactTime at={diedAt} />
          {`, ${describeDuration(Math.max(0, Date.parse(diedAt) - Date.parse(enqueuedAt)))} after it was enqueued`}
        </Fact>
        <Fact label="Will be deleted">
          <Time at={expiresAt} /> <ExactTime at={expiresAt} />
        </Fact>
        <Fact label="Caller">{caller ?? <span class="none">unknown</span>}</Fact>
        {replayOf === undefined ? null : (
          <Fact label="Is itself a replay of">
            <a class="id" href={letterPage(replayOf)}>
              {replayOf}
            </a>
          </Fact>
        )}
        <Fact label="Replays">
          <Replays letter={letter} />
        </Fact>
      </dl>
    </section>
  );
}

/** How often a letter was replayed, and the latest replay. */
export function Replays({ letter }: Pick<WholeLetter, "letter">) {
  const { replays, replayedAs, replayedAt, replayedBy, status } = letter;
  if (replays === 0 && replayedAs === undefined) return <span class="none">none yet</span>;
  return (
    <>
      {replays > 1 ? `${replays} times, the last time` : "once,"} <Time at={replayedAt} />
      {replayedBy === undefined ? null : ` by ${replayedBy}`}, as{" "}
      {replayedAs === undefined ? "a task that isn't known" : <TaskLink id={replayedAs} />}
      {status === "open" ? ". Its task has died again since." : null}
    </>
  );
}
