import { formatCount } from "../numbers.ts";

/** In the chart's own units. */
const HEIGHT = 44;
const BAR_WIDTH = 4;
const GAP = 1;

/** The count of one minute. */
export interface MinuteCount {
  /** The start of the minute, as RFC 3339. */
  readonly minute: string;
  readonly count: number;
}

/** Counts per minute as bars, oldest first. Each bar's title shows its minute and count. */
export function MinuteChart(props: {
  readonly label: string;
  readonly colour: "due" | "good" | "warn" | "bad";
  readonly counts: readonly MinuteCount[];
}) {
  const { label, colour, counts } = props;
  const most = Math.max(1, ...counts.map(({ count }) => count));
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const width = counts.length * (BAR_WIDTH + GAP);
  return (
    <figure class={`chart ${colour}`}>
      <figcaption>
        {label} <b>{formatCount(total)}</b>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label} per minute: ${formatCount(total)} in all, ${formatCount(most)} at most.`}
      >
        {counts.map(({ minute, count }, at) => {
          if (count === 0) return null;
          // A single task is visible beside thousands.
          const height = Math.max(2, Math.round((count / most) * HEIGHT));
          return (
            <rect x={at * (BAR_WIDTH + GAP)} y={HEIGHT - height} width={BAR_WIDTH} height={height}>
              <title>{`${minute.slice(11, 16)} UTC: ${formatCount(count)}`}</title>
            </rect>
          );
        })}
        <line x1="0" x2={width} y1={HEIGHT} y2={HEIGHT} />
      </svg>
    </figure>
  );
}
