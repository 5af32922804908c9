import { formatCount } from "../../parts/numbers.ts";

const WIDTH = 220;
const HEIGHT = 8;

/** What share of a queue's tasks is being delivered, and what share waits. */
export function DepthBar({ depth, inFlight }: { readonly depth: number; readonly inFlight: number }) {
  if (depth === 0) return null;
  const busy = Math.round(Math.min(inFlight / depth, 1) * WIDTH);
  const waiting = Math.max(depth - inFlight, 0);
  return (
    <svg
      class="bar"
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`${formatCount(inFlight)} in flight, ${formatCount(waiting)} waiting`}
    >
      <rect class="filled" width={WIDTH} height={HEIGHT} rx="4" />
      {busy === 0 ? null : <rect class="in-flight" width={busy} height={HEIGHT} rx="4" />}
    </svg>
  );
}
