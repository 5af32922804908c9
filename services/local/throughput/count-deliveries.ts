import { COUNTED_OUTCOMES, type Counted } from "../../../shared/monitoring/counted.ts";
import { DELIVERY_FIELDS, DELIVERY_MESSAGE } from "../../../shared/runtime/log-fields.ts";
import { parseEntry } from "../log-line.ts";

/** The classes of deliveries, by outcome. */
const COUNTED = new Map<unknown, Counted>([
  ...COUNTED_OUTCOMES.done.map((outcome) => [outcome, "done"] as const),
  ...COUNTED_OUTCOMES.retried.map((outcome) => [outcome, "retried"] as const),
  ...COUNTED_OUTCOMES.dead.map((outcome) => [outcome, "dead"] as const),
]);

/** How a line of the worker's log is counted, as in Cloud Logging's metrics; undefined if it isn't. */
export function countedOf(line: string): Counted | undefined {
  if (!line.includes(`"${DELIVERY_MESSAGE}"`)) return undefined;
  const entry = parseEntry(line);
  return entry?.["message"] === DELIVERY_MESSAGE ? COUNTED.get(entry[DELIVERY_FIELDS.outcome]) : undefined;
}
