const COUNT = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const RATE = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** A number of things, such as `12,345`. */
export function formatCount(count: number): string {
  return COUNT.format(count);
}

/** A number of tasks per second, such as `500/s`. */
export function formatRate(perSecond: number): string {
  return `${RATE.format(perSecond)}/s`;
}
