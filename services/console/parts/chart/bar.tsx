const WIDTH = 60;

/**
 * A bar beside a number.
 *
 * @param bar.share the number as a fraction of the largest one, from 0 to 1.
 * @param bar.busy the fraction of the number that is in progress, from 0 to 1. Default: none.
 */
export function Bar({ share, busy = 0 }: { readonly share: number; readonly busy?: number }) {
  const width = Math.round(withinOne(share) * WIDTH);
  const busyWidth = Math.round(withinOne(busy) * width);
  return (
    <svg class="bar" width={WIDTH} height="6" viewBox={`0 0 ${WIDTH} 6`} aria-hidden="true">
      <rect class="track" width={WIDTH} height="6" rx="3" />
      {width === 0 ? null : <rect class="filled" width={width} height="6" rx="3" />}
      {busyWidth === 0 ? null : <rect class="busy" width={busyWidth} height="6" rx="3" />}
    </svg>
  );
}

function withinOne(share: number): number {
  return Math.min(Math.max(share, 0), 1);
}
