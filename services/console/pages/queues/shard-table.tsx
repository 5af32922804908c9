import type { QueueShard } from "../../../../packages/client/src/views/queue.ts";
import { Bar } from "../../parts/chart/bar.tsx";
import { GoogleLink } from "../../parts/google-link.tsx";
import { formatCount, formatRate } from "../../parts/numbers.ts";
import { StateBadge } from "../../parts/state-badge.tsx";
import { Scroll } from "../../parts/scroll.tsx";

/** The Cloud Tasks queues that make up a queue; its tasks are spread over them. */
export function ShardTable({ shards }: { readonly shards: readonly QueueShard[] }) {
  const deepest = Math.max(1, ...shards.map(({ depth }) => depth));
  return (
    <section>
      <h2>Shards</h2>
      <p class="quiet">Its tasks are spread over these queues of Cloud Tasks. The numbers above are their sums.</p>
      <Scroll label="Shards">
        <table>
          <thead>
            <tr>
              <th scope="col">Name in Cloud Tasks</th>
              <th scope="col">State</th>
              <th scope="col" class="number">
                Tasks
              </th>
              <th scope="col" class="number">
                In flight
              </th>
              <th scope="col" class="number">
                Last minute
              </th>
              <th scope="col" class="number">
                Rate now
              </th>
              <th scope="col">Google</th>
            </tr>
          </thead>
          <tbody>
            {shards.map(({ name, state, depth, inFlight, dispatchedLastMinute, effectiveRate, links }) => (
              <tr>
                <th scope="row">
                  <code>{name}</code>
                </th>
                <td>
                  <StateBadge state={state} />
                </td>
                <td class="number">
                  {formatCount(depth)} <Bar share={depth / deepest} busy={inFlight / Math.max(depth, 1)} />
                </td>
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
