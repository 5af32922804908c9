import { Bar } from "../../parts/chart/bar.tsx";
import { formatCount } from "../../parts/numbers.ts";

/**
 * How many tasks a queue holds, as a number and as a bar.
 *
 * @param deepest how many the deepest queue of the table holds, 1 or more.
 */
export function DepthCell(props: { readonly depth: number; readonly inFlight: number; readonly deepest: number }) {
  const { depth, inFlight, deepest } = props;
  return (
    <td class="number">
      {formatCount(depth)} <Bar share={depth / deepest} busy={inFlight / Math.max(depth, 1)} />
    </td>
  );
}
