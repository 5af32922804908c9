import type { QueueShard } from "../../../../packages/client/src/views/queue.ts";
import { GoogleLink } from "../../parts/google-link.tsx";
import { formatCount, formatRate } from "../../parts/numbers.ts";
import { StateBadge } from "../../parts/state-badge.tsx";
import { Scroll } from "../../parts/table/scroll.tsx";
import { TableHead } from "../../parts/table/table-head.tsx";
import { DepthCell } from "./depth-cell.tsx";

/** The Cloud Tasks queues that make up a queue; its tasks are spread over them. */
export function ShardTable({ shards }: { readonly shards: readonly QueueShard[] }) {
  const deepest = Math.max(1, ...shards.map(({ depth }) => depth));
  return (
    <section>
      <h2>Shards</h2>
      <p class="quiet">Its tasks are spread over these queues of Cloud Tasks. The numbers above are their sums.</p>
      <Scroll label="Shards">
        <table>
          <TableHead
            columns={[
              "Name in Cloud Tasks",
              "State",
              { numbers: "Tasks" },
              { numbers: "In flight" },
              { numbers: "Last minute" },
              { numbers: "Rate now" },
              "Google",
            ]}
          />
          <tbody>
            {shards.map(({ name, state, depth, inFlight, dispatchedLastMinute, effectiveRate, links }) => (
              <tr>
                <th scope="row">
                  <code>{name}</code>
                </th>
                <td>
                  <StateBadge state={state} />
                </td>
                <DepthCell depth={depth} inFlight={inFlight} deepest={deepest} />
                <td class="number">{formatCount(inFlight)}</td>
                <td class="number">{formatCount(dispatchedLastMinute)}</td>
                <td class="number">{formatRate(effectiveRate)}</td>
                <td>
                  <GoogleLink href={links.console}>Open</GoogleLink>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
