import type { Hono } from "hono";
import type { Page } from "../../../../packages/client/src/http/pages.ts";
import type { QueuedTask } from "../../../../packages/client/src/views/queue.ts";
import type { TaskTypeInfo } from "../../../../packages/client/src/views/service.ts";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";
import { LIST_LIVE_SECONDS, respondWithPage } from "../../layout/page.tsx";
import { enqueueByCli } from "../../parts/command-lines.ts";
import { Pager } from "../../parts/pager.tsx";
import { queuePage } from "../../parts/task-id.tsx";
import { Empty } from "../../parts/try-it.tsx";
import { samplePayload } from "../../payload/sample-payload.ts";
import { LIST_ITEMS } from "../../reading/reads.ts";
import { QueuedTaskTable } from "./queued-task-table.tsx";

/**
 * The tasks in a queue. Cloud Tasks allows 600 such calls a minute per project
 * (https://docs.cloud.google.com/tasks/docs/quotas), so only the first page refreshes itself, and is cached as long as
 * other lists.
 */
export function addQueueTasks(app: Hono<ConsoleEnv>, console: Console): void {
  app.get("/queues/:key/tasks", async (context) => {
    const key = context.req.param("key");
    const cursor = context.req.query("cursor");
    const reads = context.get("reads");
    const [list, types] = await Promise.all([
      cursor === undefined
        ? reads.queueTasks(key)
        : context.get("api").queues.tasksPage(key, { cursor, limit: LIST_ITEMS }),
      reads.taskTypes(),
    ]);
    const liveSeconds = cursor === undefined ? LIST_LIVE_SECONDS : undefined;
    const head = { title: `Tasks of ${key}`, liveSeconds };
    const type = types.find(({ queue }) => queue === key);
    const example = type && exampleOf(type, console.producerUrl);
    const page = <QueueTasksPage {...{ queueKey: key, cursor, list, example }} />;
    return await respondWithPage(context, console, head, page);
  });
}

/** A command that puts a task into the queue. */
function exampleOf({ type, payloadSchema }: TaskTypeInfo, producerUrl: string): string {
  return enqueueByCli({ producerUrl, type, payload: samplePayload(payloadSchema) });
}

function QueueTasksPage(props: {
  readonly queueKey: string;
  readonly cursor: string | undefined;
  readonly list: Page<QueuedTask>;
  readonly example: string | undefined;
}) {
  const { queueKey, cursor, list, example } = props;
  const { items, nextCursor } = list;
  return (
    <>
      <h1>
        Tasks of <a href={queuePage(queueKey)}>{queueKey}</a>
      </h1>
      <p class="quiet">
        What is in the queue now, in Cloud Tasks' own order: the list can't be sorted or filtered. A task that is done
        has left the queue.
      </p>
      {items.length > 0 ? (
        <QueuedTaskTable tasks={items} />
      ) : (
        <NoTasks isFirst={cursor === undefined} hasMore={nextCursor !== undefined} example={example} />
      )}
      <Pager path={`${queuePage(queueKey)}/tasks`} query={{}} cursor={cursor} nextCursor={nextCursor} />
    </>
  );
}

function NoTasks(props: {
  readonly isFirst: boolean;
  readonly hasMore: boolean;
  readonly example: string | undefined;
}) {
  const { isFirst, hasMore, example } = props;
  if (hasMore) return <Empty>This page is empty, but there is a next one.</Empty>;
  if (!isFirst) return <Empty>There are no more.</Empty>;
  return (
    <Empty command={example}>Nothing is queued here. A task shows up while it waits, runs or is to be retried.</Empty>
  );
}
