import type { Queue } from "../../../../packages/client/src/views/queue.ts";
import type { TaskTypeInfo } from "../../../../packages/client/src/views/service.ts";
import { formatCount, formatRate } from "../../parts/numbers.ts";
import { StateBadge } from "../../parts/state-badge.tsx";
import { queuePage } from "../../parts/task-id.tsx";
import { Time } from "../../parts/time.tsx";
import { isSlowed } from "../queues/rate-sentence.ts";
import { Scroll } from "../../parts/table/scroll.tsx";
import { TableHead } from "../../parts/table/table-head.tsx";
import { DepthCell } from "../queues/depth-cell.tsx";

interface QueuesProps {
  readonly queues: readonly Queue[];
  /** Undefined if they can't be read. */
  readonly types: readonly TaskTypeInfo[] | undefined;
}

/** The queues, with their depth, their rate and the types in them. */
export function QueueTable({ queues, types }: QueuesProps) {
  const deepest = Math.max(1, ...queues.map(({ depth }) => depth));
  return (
    <section>
      <h2>Queues</h2>
      <Scroll label="Queues">
        <table class="wide">
          <TableHead
            columns={[
              "Queue",
              "State",
              { numbers: "Tasks" },
              "Next due",
              { numbers: "In flight" },
              { numbers: "Last minute" },
              { numbers: "Rate" },
              "Types",
            ]}
          />
          <tbody data-rows="">
            {queues.map((queue) => (
              <QueueRow queue={queue} deepest={deepest} types={types} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function QueueRow(
  props: Pick<QueuesProps, "types"> & {
    readonly queue: Queue;
    readonly deepest: number;
  },
) {
  const { queue, deepest, types } = props;
  const { key, state, depth, nextDueAt, inFlight, dispatchedLastMinute, shards } = queue;
  const own = types?.filter((type) => type.queue === key).map(({ type }) => type);
  return (
    <tr id={`queue-${key}`}>
      <th scope="row">
        <a href={queuePage(key)}>{key}</a>
        {shards ? <span class="quiet"> {shards.length} shards</span> : null}
      </th>
      <td>
        <StateBadge state={state} />
      </td>
      <DepthCell depth={depth} inFlight={inFlight} deepest={deepest} />
      <td>
        <Time at={nextDueAt} />
      </td>
      <td class="number">{formatCount(inFlight)}</td>
      <td class="number">{formatCount(dispatchedLastMinute)}</td>
      <td class="number">
        <Rate queue={queue} />
      </td>
      <td class="types">{own === undefined ? "can't be read now" : own.join(", ") || <span class="none">–</span>}</td>
    </tr>
  );
}

/** The queue's highest rate. Cloud Tasks slows a queue down while its worker responds with 429 or 503. */
function Rate({ queue }: { readonly queue: Queue }) {
  const { effectiveRate, configuredRate } = queue;
  const configured = configuredRate.maxDispatchesPerSecond;
  return isSlowed(queue) ? (
    <span class="warn" title={`Cloud Tasks has slowed it down from ${formatRate(configured)}.`}>
      {formatRate(effectiveRate)} of {formatRate(configured)}
    </span>
  ) : (
    <>{formatRate(configured)}</>
  );
}
