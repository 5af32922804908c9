import type { QueuedTask } from "../../../../packages/client/src/views/queue.ts";
import { formatCount } from "../../parts/numbers.ts";
import { StateBadge } from "../../parts/state-badge.tsx";
import { TaskLink, typePage } from "../../parts/task-id.tsx";
import { Time } from "../../parts/time.tsx";
import { Scroll } from "../../parts/table/scroll.tsx";
import { TableHead } from "../../parts/table/table-head.tsx";

/** The tasks in a queue. Tasks that Handoff didn't enqueue have no page. */
export function QueuedTaskTable({ tasks }: { readonly tasks: readonly QueuedTask[] }) {
  return (
    <Scroll label="Tasks">
      <table class="wide">
        <TableHead columns={["Task", "Type", "State", "Due", { numbers: "Deliveries" }, "Last error", "Caller"]} />
        <tbody data-rows="">
          {tasks.map((task) => (
            <Row task={task} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Row({ task }: { readonly task: QueuedTask }) {
  const { id, type, state, scheduleTime, dispatchCount, lastError, caller, links } = task;
  return (
    <tr id={`task-${id}`}>
      <th scope="row">
        {links.self === undefined ? <code title="Handoff didn't enqueue it.">{id}</code> : <TaskLink id={id} />}
      </th>
      <td>{type === undefined ? <span class="none">–</span> : <a href={typePage(type)}>{type}</a>}</td>
      <td>
        <StateBadge state={state} />
      </td>
      <td>
        <Time at={scheduleTime} />
      </td>
      <td class="number">{formatCount(dispatchCount)}</td>
      <td class="words">
        {lastError === undefined ? (
          <span class="none">–</span>
        ) : (
          <>
            <code>{lastError.code}</code> {lastError.message}
          </>
        )}
      </td>
      <td class="words">{caller ?? <span class="none">–</span>}</td>
    </tr>
  );
}
